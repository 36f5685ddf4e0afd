import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { buildServer } from '../../../src/api/server.ts';
import { type TestDaemon, testDaemon } from '../test-daemon.ts';

let daemon: TestDaemon;
let server: FastifyInstance;

beforeEach(async () => {
  daemon = testDaemon();
  server = await buildServer(daemon, { version: '0.0.0' });
});
afterEach(() => server.close());

async function ask(payload: string) {
  const headers = { 'content-type': 'application/json' };
  const answer = await server.inject({ method: 'POST', url: '/allocations/what-if', payload, headers });
  return { status: answer.statusCode, body: answer.json() };
}

describe('POST /allocations/what-if', () => {
  it('takes other caps, and refuses those that are no positive figures', async () => {
    expect((await ask('{"caps":{"max_total_cpu":12,"max_total_memory":4096}}')).status).toBe(200);
    expect(daemon.whatIfCalls).toEqual([
      { loads: {}, slos: {}, bounds: {}, caps: { cpu: 12, memory: 4096 } },
    ]);
    for (const caps of ['{"max_total_cpu":0}', '{"cpu":3}', '{"max_total_memory":"many"}'])
      expect((await ask(`{"caps":${caps}}`)).status, caps).toBe(400);
  });

  it('plans with the changed figures and answers with the plan', async () => {
    const { status, body } = await ask(
      '{"loads":{"order-processing":30},"slos":{"user-registration":0.1},"bounds":{"auth-service":{"max_cpu":8,"max_instances":3}}}',
    );
    expect(status).toBe(200);
    expect(daemon.whatIfCalls).toEqual([
      {
        loads: { 'order-processing': 30 },
        slos: { 'user-registration': 0.1 },
        bounds: { 'auth-service': { maxCpu: 8, maxInstances: 3 } },
      },
    ]);
    expect(body).toMatchObject({
      loads: { 'order-processing': 30 },
      services: [{ id: 'auth-service', cpu: 1.5, memory: 256, instances: 2, utilization: 0.6 }],
      chains: [
        {
          id: 'order-processing',
          slo: 0.5,
          expected_latency: null,
          feasible: false,
          // It passes through a service of which nothing is known.
          achievable_latency: null,
          cost_per_10ms: 0.125,
          cores_per_10ms: 0,
          explanation: '500 ms cannot be met.',
        },
      ],
      caps: [{ resource: 'cpu', limit: 3, wanted: 4, planned: 3, used: 3, binds: true, shadow_price: 0.5 }],
      unplanned: ['payment-service'],
      cost: 351.2,
      lower_bound: 339.9,
    });
  });

  it('changes nothing', async () => {
    await ask('{"loads":{"order-processing":30}}');
    expect(daemon.decisions).toEqual([]);
  });

  it('takes an empty object: the plan of the present figures', async () => {
    expect((await ask('{}')).status).toBe(200);
    expect(daemon.whatIfCalls).toEqual([{ loads: {}, slos: {}, bounds: {} }]);
  });

  it.each([
    ['{"loads":{"checkout":1}}', 'body.loads', 'the unknown name "checkout"', 'user-registration'],
    ['{"loads":{"__proto__":1}}', 'body.loads', 'the unknown name "__proto__"', 'user-registration'],
    ['{"slos":{"auth-service":1}}', 'body.slos', 'the unknown name "auth-service"', 'user-registration'],
    [
      '{"bounds":{"auth-servic":{}}}',
      'body.bounds',
      'the unknown name "auth-servic"',
      'did you mean auth-service?',
    ],
    [
      '{"loads":{"order-processing":-1}}',
      'body.loads.order-processing',
      '-1',
      'a finite number of at least 0',
    ],
    ['{"loads":{"order-processing":1e999}}', 'body.loads.order-processing', 'Infinity', 'a finite number'],
    ['{"loads":{"order-processing":"5"}}', 'body.loads.order-processing', '"5"', 'a finite number'],
    ['{"slos":{"order-processing":0}}', 'body.slos.order-processing', '0', 'above 0'],
    ['{"bounds":{"auth-service":{"min_cpu":0}}}', 'body.bounds.auth-service.min_cpu', '0', 'above 0'],
    [
      '{"bounds":{"auth-service":{"max_instances":1.5}}}',
      'body.bounds.auth-service.max_instances',
      '1.5',
      'a whole number',
    ],
    [
      '{"bounds":{"auth-service":{"min_cpu":5}}}',
      'body.bounds.auth-service',
      'min_cpu 5 with max_cpu 4',
      'min ≤ max',
    ],
    ['{"bounds":{"auth-service":{"cpu":5}}}', 'body.bounds.auth-service.cpu', 'an unknown key', 'min_cpu'],
    ['{"load":{}}', 'body.load', 'an unknown key', 'did you mean loads?'],
    ['[]', 'body', 'an array', 'an object with loads, slos, bounds'],
    ['', 'body', 'nothing', 'an object with loads, slos, bounds'],
  ])('refuses %s', async (payload, where, found, allowed) => {
    const { status, body } = await ask(payload);
    expect(status).toBe(400);
    expect(body.errors[0].where).toBe(where);
    expect(body.errors[0].found).toContain(found);
    expect(body.errors[0].allowed).toContain(allowed);
    expect(daemon.whatIfCalls).toEqual([]);
  });

  it('may take 5 s of the daemon at once with others of its kind, then 429', async () => {
    for (let i = 0; i < 100; i += 1) expect((await ask('{}')).status).toBe(200);
    let ms = 0;
    // Each question begins and ends a second later.
    const stopwatch = vi.spyOn(performance, 'now').mockImplementation(() => (ms += 1000));
    onTestFinished(() => stopwatch.mockRestore());
    const statuses = [];
    for (let i = 0; i < 6; i += 1) statuses.push((await ask('{}')).status);
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(5);
    expect(statuses.at(-1)).toBe(429);
  });
});
