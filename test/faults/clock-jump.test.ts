import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { buildServer } from '../../src/api/server.ts';
import { type App, createApp } from '../../src/app.ts';
import { FakeClock, NOW, settingsWith } from '../control/fixtures.ts';
import { temporaryFolder } from '../e2e/daemon-process.ts';

const HOUR = 3600;
const root = temporaryFolder();
const errors: string[] = [];
let app: App;
let server: FastifyInstance;
let clock: FakeClock;

afterEach(() => server.close());
afterAll(() => root.remove());

async function start(name: string): Promise<void> {
  const settings = settingsWith();
  const logger = { debug() {}, info() {}, warn() {}, error: (_: object, text: string) => errors.push(text) };
  const store = { ...settings.store, path: `${root.path}/${name}` };
  app = await createApp({ settings: { ...settings, store }, clock, logger });
  app.start();
  server = await buildServer(app.daemon, { version: '1' });
}

async function stop(): Promise<void> {
  await server.close();
  await app.stop();
}

/** Lets time pass, with requests that the clients' clocks, right or not, put at now plus `skew`. */
async function run(seconds: number, skew = 0): Promise<{ accepted: number; refused: number }> {
  const counts = { accepted: 0, refused: 0 };
  for (let elapsed = 0; elapsed < seconds; elapsed += 5) {
    const timestamp = clock.nowSeconds() + skew;
    const requests = ['auth-service', 'payment-service'].flatMap((service_id) =>
      Array.from({ length: 20 }, (_, index) => ({
        service_id,
        chain_id: 'order-processing',
        response_time: 0.005 + index * 1e-4,
        ...(skew === 0 ? {} : { timestamp }),
      })),
    );
    const { statusCode } = await server.inject({ method: 'POST', url: '/requests', payload: { requests } });
    counts[statusCode === 202 ? 'accepted' : 'refused'] += requests.length;
    clock.advance(5);
    for (let turn = 0; turn < 8; turn += 1) await new Promise(setImmediate);
  }
  return counts;
}

async function decisions(): Promise<{ decision_id: string; services: { id: string; status: string }[] }[]> {
  return (await server.inject({ url: '/allocations/history?limit=100' })).json().decisions;
}

async function allocations() {
  return (await server.inject({ url: '/allocations' })).json();
}

describe.each([
  ['forth', HOUR],
  ['back', -HOUR],
])('a clock that jumps an hour %s', (name, jump) => {
  it('costs no record, no pass and no decision, and nothing is shrunk for it', async () => {
    clock = new FakeClock(NOW);
    await start(name);
    expect(await run(1200)).toEqual({ accepted: 9600, refused: 0 });
    await server.inject({
      method: 'POST',
      url: '/services/auth-service/applied',
      payload: { cpu: 2, memory: 1024, instances: 1 },
    });
    const before = (await decisions()).length;
    const held = await allocations();
    expect(before).toBeGreaterThan(2);
    clock.jump(jump);

    const passes = app.daemon.passes.completed.interval;
    expect(await run(1200)).toEqual({ accepted: 9600, refused: 0 });
    const { completed, failed } = app.daemon.passes;
    expect(failed).toBe(0);
    expect(completed.interval - passes).toBeGreaterThanOrEqual(3);
    const all = await decisions();
    // Whatever pass comes first knows nothing of the last minutes.
    const first = all.at(-before - 1)!;
    for (const { id, status } of first.services) expect({ id, status }).not.toEqual({ id, status: 'shrink' });
    expect(new Set(all.map(({ decision_id }) => decision_id)).size).toBe(all.length);
    const latest = await allocations();
    expect(latest.decision_id).toBe(all[0]?.decision_id);
    expect(latest.decision_id).not.toBe(held.decision_id);
    expect(errors).toEqual([]);
    await stop();

    await start(name);
    expect((await allocations()).decision_id).toBe(latest.decision_id);
    expect((await decisions()).map(({ decision_id }) => decision_id)).toEqual(
      all.map(({ decision_id }) => decision_id),
    );
    expect(app.daemon.capacityInForce('auth-service')).toMatchObject({ cpu: 2, source: 'applied' });
    const { body } = await server.inject({ url: '/metrics' });
    expect(body).not.toMatch(/NaN|Infinity/);
    await stop();
  });
});

it('clients whose clock is an hour off are told so for each record, and the others are counted', async () => {
  clock = new FakeClock(NOW);
  await start('skew');
  expect(await run(30, HOUR)).toEqual({ accepted: 0, refused: 240 });
  expect(await run(30, -HOUR - 10)).toEqual({ accepted: 0, refused: 240 });
  expect(await run(30)).toEqual({ accepted: 240, refused: 0 });
  const { body } = await server.inject({ url: '/metrics' });
  expect(body).toContain('dta_slo_records_rejected_total{reason="in-the-future"} 240');
  expect(body).toContain('dta_slo_records_rejected_total{reason="too-old"} 240');
  await stop();
});
