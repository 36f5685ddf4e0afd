import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildServer } from '../../../src/api/server.ts';
import type { ChangeRecord } from '../../../src/models/changes.ts';
import { NOW, testDecision } from '../fixtures.ts';
import { testDaemon } from '../test-daemon.ts';

const CHANGE: ChangeRecord = {
  service: 'auth-service',
  decision: 'd1',
  atSeconds: NOW - 60,
  status: 'restored',
  before: { requests: { cpu: 1 }, limits: {}, instances: 2 },
  to: { cpu: 2, memory: 512, instances: 2 },
  detail: 'No room.',
  finishedSeconds: NOW - 10,
};

const daemon = testDaemon();
daemon.decisions.push(testDecision('d1'));
daemon.changeList.push({ ...CHANGE, service: 'payment-service' }, CHANGE);
let server: Awaited<ReturnType<typeof buildServer>>;
beforeAll(async () => {
  server = await buildServer(daemon, { version: '0.1.0' });
});
afterAll(() => server.close());

it('lists changes newest first, with what ran before; what was not set is null', async () => {
  const { changes, idle_because } = (await server.inject({ url: '/changes' })).json();
  expect(idle_because).toBe('no cluster');
  expect(changes.map((change: { service: string }) => change.service)).toEqual([
    'auth-service',
    'payment-service',
  ]);
  expect(changes[0]).toEqual({
    service: 'auth-service',
    decision_id: 'd1',
    status: 'restored',
    detail: 'No room.',
    at: NOW - 60,
    finished_at: NOW - 10,
    before: { requests: { cpu: 1, memory: null }, limits: { cpu: null, memory: null }, instances: 2 },
    to: { cpu: 2, memory: 512, instances: 2 },
  });
});

it('narrows to a service and a number, and refuses others', async () => {
  const one = await server.inject({ url: '/changes?service=payment-service' });
  expect(one.json().changes).toHaveLength(1);
  expect((await server.inject({ url: '/changes?limit=1' })).json().changes).toHaveLength(1);
  expect((await server.inject({ url: '/changes?limit=0' })).statusCode).toBe(400);
  expect((await server.inject({ url: '/changes?service=nope' })).statusCode).toBe(404);
});

it('shows the latest change of a service beside its allocation, and null where nothing was changed', async () => {
  const { services } = (await server.inject({ url: '/allocations' })).json();
  expect(services[0].change).toEqual({
    decision_id: 'd1',
    status: 'restored',
    detail: 'No room.',
    at: NOW - 60,
  });
  daemon.changeList.length = 0;
  expect((await server.inject({ url: '/allocations' })).json().services[0].change).toBeNull();
});
