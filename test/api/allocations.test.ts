import { describe, expect, it } from 'vitest';
import { buildServer } from '../../src/api/server.ts';
import { testDaemon } from './test-daemon.ts';

describe('allocations', () => {
  it('answers', async () => {
    const daemon = testDaemon();
    const server = await buildServer(daemon, { version: '1.2.3' });
    for (const url of [
      '/allocations',
      '/allocations/auth-service',
      '/allocations/nope',
      '/allocations/history',
      '/services',
      '/chains',
      '/predictions',
      '/profiles',
      '/healthz',
      '/readyz',
      '/openapi.json',
      '/docs',
      '/docs/',
      '/docs/static/index.html',
      '/nope',
      '/services?window=9999',
    ]) {
      const a = await server.inject({ url });
      console.log(url, a.statusCode, a.body.slice(0, url === '/metrics' ? 99999 : 500));
    }
    for (const [url, payload] of [
      ['/requests', { service_id: 'auth-service', chain_id: 'order-processing', response_time: 0.1 }],
      [
        '/requests',
        [
          { service_id: 'auth-servic', chain_id: 'order-processing', responseTime: 0.1 },
          { chain_id: 'order-processing', response_time: 0.1 },
        ],
      ],
      ['/requests', { service_id: 'auth-servic', chain_id: 'order-processing', response_time: 0.1 }],
      ['/metrics', '/allocations', undefined],
      ['/allocations/what-if', { loads: { 'order-processing': 3 }, bounds: { x: { min_cpu: 0 } } }],
      ['/allocations/what-if', { loads: { 'order-processing': 3 } }],
      ['/services/auth-service/applied', { cpu: 1, memory: 3, instances: 2 }],
      ['/services/auth-service/usage', { cpu: 1 }],
      ['/services/auth-service/usage', {}],
    ] as const) {
      const a = await server.inject({ method: 'POST', url, ...(payload ? { payload } : {}) });
      console.log(url, a.statusCode, a.body.slice(0, 700));
    }
    const x = await server.inject({
      method: 'PUT',
      url: '/requests',
      payload: 'x',
      headers: { 'content-type': 'text/plain' },
    });
    console.log(x.statusCode, x.headers, x.body);
    expect(1).toBe(1);
  });
});
