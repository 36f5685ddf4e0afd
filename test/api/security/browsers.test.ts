import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildServer } from '../../../src/api/server.ts';
import { testDecision } from '../fixtures.ts';
import { type TestDaemon, testDaemon } from '../test-daemon.ts';

let daemon: TestDaemon;
let server: FastifyInstance;
let url: string;

beforeEach(async () => {
  daemon = testDaemon();
  daemon.decisions.push(testDecision('d1'));
  server = await buildServer(daemon, { version: '1.2.3' });
  url = await server.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => server.close());

/** `fetch` does not let one set these headers freely; inject does. */
function post(path: string, headers: Record<string, string>, payload?: object) {
  return server.inject({
    method: 'POST',
    url: path,
    headers: { host: 'slo.example:8000', ...headers },
    ...(payload && { payload }),
  });
}

describe('a post from a browser', () => {
  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://slo.example' },
    { origin: 'http://slo.example:8000.evil.example' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('on a page of another site is refused: %j', async (headers) => {
    for (const path of ['/pause', '/allocations', '/allocations/auth-service/undo']) {
      const answer = await post(path, headers);
      expect(answer.statusCode, path).toBe(403);
      expect(answer.json()).toMatchObject({ type: 'urn:dta-slo:problem:cross-origin' });
    }
    expect(daemon.operator.state.paused).toBeUndefined();
    expect(daemon.decisions).toHaveLength(1);
  });

  it.each([
    {},
    { origin: 'http://slo.example:8000' },
    { origin: 'http://SLO.example:8000' },
    { origin: 'http://slo.example:8000', 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
  ])('on a page of its own, and one of another client, is taken: %j', async (headers) => {
    expect((await post('/pause', headers)).statusCode).toBe(200);
  });

  it.each([
    'rebound.example:8000',
    'rebound.example',
    '127.0.0.1.rebound.example:8000',
    'localhost.rebound.example',
    'slo.example.rebound.example',
  ])(
    'under a name that may have been made to point here is refused, with the key to list it: %s',
    async (host) => {
      for (const headers of [
        { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' },
        { 'sec-fetch-mode': 'cors' },
      ]) {
        const answer = await post('/pause', { host, ...headers });
        expect(answer.statusCode).toBe(403);
        expect(answer.json().detail).toContain(`host: found "${host}", allowed: `);
        expect(answer.json().detail).toContain('server.allowed_hosts');
      }
      expect((await post('/resume', { host })).statusCode).toBe(200);
    },
  );

  it.each([
    '127.0.0.1:8000',
    '[::1]:8000',
    '192.0.2.7',
    'localhost:8000',
    'LOCALHOST',
    'dta-slo:8000',
    'dta-slo.slo.svc',
    'dta-slo.slo.svc.cluster.local:8000',
    'laptop.local',
    'slo.corp.internal',
    'Slo.Example',
  ])('under an address, a private name or a listed one is taken: %s', async (host) => {
    const headers = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
    expect((await post('/pause', headers)).statusCode).toBe(200);
  });

  it('cannot bring records from another site: only types that need a preflight are read, and none is answered', async () => {
    const record = JSON.stringify({ chain_id: 'order-processing', response_time: 0.1 });
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const answer = await fetch(`${url}/requests`, {
        method: 'POST',
        body: record,
        headers: { 'content-type': type },
      });
      expect(answer.status, type).toBe(415);
    }
    const preflight = await server.inject({
      method: 'OPTIONS',
      url: '/requests',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.headers['access-control-allow-origin']).toBeUndefined();
    expect(daemon.traffic.stats.accepted).toBe(0);
  });
});

describe('the headers of an answer', () => {
  it.each(['/', '/allocations', '/docs/', '/openapi.json', '/metrics', '/nope', '/allocations/nope'])(
    'forbid what no page needs: %s',
    async (path) => {
      const { headers } = await fetch(`${url}${path}`);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|upgrade-insecure|\*|https?:/);
      expect(headers.get('server')).toBeNull();
      expect(headers.get('x-powered-by')).toBeNull();
    },
  );

  it('let the scripts and styles of /docs load, and none but files', async () => {
    const page = await fetch(`${url}/docs/`);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("style-src 'self';");
    const text = await page.text();
    expect(text).not.toMatch(/<style|<script(?![^>]*src=)|\son\w+=|style=/);
  });
});

describe('writes of one client', () => {
  it('are answered 1,000 times at once, those of another go on, and intake is not counted', async () => {
    const call = (remoteAddress: string, path = '/resume', payload?: object) =>
      server.inject({ method: 'POST', url: path, remoteAddress, ...(payload && { payload }) });
    for (let count = 0; count < 1000; count += 1) expect((await call('192.0.2.1')).statusCode).toBe(200);
    const refused = await call('192.0.2.1');
    expect(refused.statusCode).toBe(429);
    expect(refused.headers['retry-after']).toBe('1');
    expect((await call('192.0.2.2')).statusCode).toBe(200);
    const record = { chain_id: 'order-processing', response_time: 0.1 };
    expect((await call('192.0.2.1', '/requests', record)).statusCode).toBe(202);
    expect((await call('192.0.2.1', '/requests?source=sidecar', record)).statusCode).toBe(202);
    expect((await server.inject({ url: '/allocations', remoteAddress: '192.0.2.1' })).statusCode).toBe(200);
  });
});
