import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildServer } from '../../../src/api/server.ts';
import { NOW, testDecision, testService } from '../fixtures.ts';
import { type TestDaemon, testDaemon } from '../test-daemon.ts';

let daemon: TestDaemon;
let server: FastifyInstance;

beforeEach(async () => {
  daemon = testDaemon();
  server = await buildServer(daemon, { version: '0.0.0' });
});
afterEach(() => server.close());

async function get(url: string) {
  const answer = await server.inject({ url });
  return { status: answer.statusCode, body: answer.json() };
}

describe('GET /allocations', () => {
  it('waits with what runs before the first pass', async () => {
    const { status, body } = await get('/allocations');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      mode: 'recommend',
      generated_at: null,
      decision_id: null,
      status: 'waiting',
      cost: null,
      lower_bound: null,
      gap: null,
    });
    expect(body.services).toHaveLength(2);
    expect(body.services[0]).toMatchObject({
      id: 'auth-service',
      cpu: 4,
      memory: 8192,
      instances: 1,
      current: { cpu: 4, memory: 8192, instances: 1, source: 'initial' },
      status: 'hold',
      reason: 'no-data',
    });
    expect(body.chains[0]).toMatchObject({
      id: 'user-registration',
      slo: 0.2,
      expected_latency: null,
      binding: [],
    });
  });

  it('gives the latest decision in the names of the contract', async () => {
    daemon.decisions.push(testDecision('old', 'interval', NOW - 300), testDecision('new'));
    const { body } = await get('/allocations');
    expect(body).toMatchObject({
      mode: 'recommend',
      generated_at: NOW,
      decision_id: 'new',
      status: 'decided',
      cost: 1838.4,
      lower_bound: 1800,
      gap: 0.0001,
    });
    expect(body.services[0]).toMatchObject({
      id: 'auth-service',
      cpu: 2,
      memory: 8192,
      instances: 1,
      status: 'shrink',
      reason: 'largest-step',
      explanation: expect.stringContaining('Shrinks from 4 to 2 cores'),
    });
    expect(body.chains[0]).toEqual({
      id: 'user-registration',
      slo: 0.2,
      percentile: 0.95,
      planned_rate: 10,
      expected_latency: 0.15,
      observed_latency: 0.12,
      feasible: true,
      achievable_latency: null,
      binding: ['auth-service'],
      shadow_price: 80,
      cost_per_10ms: 0.8,
      cores_per_10ms: 0,
      explanation: null,
    });
  });

  it('turns a latency without bound into null', async () => {
    daemon.decisions.push(testDecision('d'));
    const { body } = await get('/allocations');
    expect(body.chains[1]).toMatchObject({
      expected_latency: null,
      observed_latency: null,
      achievable_latency: 0.9,
    });
  });

  it('shows what runs now, not what ran when the decision was made', async () => {
    daemon.decisions.push(testDecision('d'));
    daemon.setApplied('auth-service', { cpu: 3, memory: 1024, instances: 2 });
    const { body } = await get('/allocations');
    expect(body.services[0].current).toEqual({ cpu: 3, memory: 1024, instances: 2, source: 'applied' });
  });

  it('lists services that came with a reload after the decision as waiting, and drops those that went', async () => {
    daemon.decisions.push(testDecision('d'));
    const { topology } = daemon.settings;
    const services = new Map([['new-service', testService('new-service', ['order-processing'])]]);
    daemon.settings = { ...daemon.settings, topology: { ...topology, services } };
    const { body } = await get('/allocations');
    expect(body.services.map((service: { id: string }) => service.id)).toEqual(['new-service']);
    expect(body.services[0]).toMatchObject({ status: 'hold', reason: 'no-data', cpu: 4 });
  });

  it('says mixed when the modes of the services differ', async () => {
    const { topology } = daemon.settings;
    const rolling = { ...testService('auth-service', []), mode: 'rolling' as const };
    const services = new Map([...topology.services, ['auth-service', rolling]]);
    daemon.settings = { ...daemon.settings, topology: { ...topology, services } };
    expect((await get('/allocations')).body.mode).toBe('mixed');
  });

  it('says null, not 0, for a load that is not known', async () => {
    const decision = testDecision('d-1');
    const chains = decision.chains.map(({ plannedRate: _, expectedLatency: __, ...chain }) => chain);
    daemon.decisions.push({ ...decision, chains });
    const { body } = await get('/allocations');
    expect(body.chains[0]).toMatchObject({ planned_rate: null, expected_latency: null });
  });
});

describe('GET /allocations/{service}', () => {
  it('narrows the document to the service and its chains', async () => {
    daemon.decisions.push(testDecision('d'));
    const { body } = await get('/allocations/payment-service');
    expect(body.decision_id).toBe('d');
    expect(body.services.map(({ id }: { id: string }) => id)).toEqual(['payment-service']);
    expect(body.chains.map(({ id }: { id: string }) => id)).toEqual([
      'order-processing',
      'subscription-management',
    ]);
  });

  it.each(['nope', '__proto__', '%00', 'x'.repeat(253)])(
    'answers 404 with the known names for %s',
    async (name) => {
      const { status, body } = await get(`/allocations/${name}`);
      expect([400, 404]).toContain(status);
      if (status === 404) expect(body.errors[0].allowed).toBe('one of auth-service, payment-service');
    },
  );

  it('suggests the nearest name', async () => {
    expect((await get('/allocations/Auth_Service')).body.detail).toContain('did you mean auth-service?');
  });

  it('refuses a name with control characters or of 254 characters', async () => {
    for (const name of ['a%07b', 'x'.repeat(254)]) {
      const { status, body } = await get(`/allocations/${name}`);
      expect(status).toBe(400);
      expect(body.errors[0].where).toBe('service');
    }
  });
});

describe('POST /allocations', () => {
  it('runs a pass and answers with its result', async () => {
    const answer = await server.inject({ method: 'POST', url: '/allocations' });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ decision_id: 'd-1', trigger: 'request', status: 'decided' });
  });

  it('takes no offence at a JSON content type without a body', async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await server.inject({ method: 'POST', url: '/allocations', headers })).statusCode).toBe(200);
  });

  it('takes an empty body for none, whatever its type', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '0' };
    const answer = await server.inject({ method: 'POST', url: '/allocations', payload: '', headers });
    expect(answer.statusCode).toBe(200);
  });

  it('is answered ten times at once, then 429 with the time to wait', async () => {
    const statuses = [];
    for (let i = 0; i < 11; i += 1)
      statuses.push((await server.inject({ method: 'POST', url: '/allocations' })).statusCode);
    expect(statuses).toEqual([...Array(10).fill(200), 429]);
    const refused = await server.inject({ method: 'POST', url: '/allocations' });
    expect(refused.headers['retry-after']).toBe('1');
    expect(daemon.decisions).toHaveLength(10);
  });
});
