import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runClosedLoop } from '../../bench/replay/closed-loop.ts';
import { DaemonClient } from '../../bench/replay/daemon-client.ts';
import { DaemonClock } from '../../bench/replay/daemon-clock.ts';
import { shippedSystem } from '../../bench/replay/shipped-system.ts';
import { fakeDaemon } from './replay-daemon.ts';

const SPEED = 500;
const INITIAL = { cpu: 4, memory: 8192, instances: 1 };
const WANTED = { cpu: 1, instances: 2 };

describe('the closed loop between simulation and daemon', () => {
  let daemon: Awaited<ReturnType<typeof fakeDaemon>>;
  beforeEach(async () => {
    daemon = await fakeDaemon(SPEED, WANTED);
  });
  afterEach(() => daemon.close());

  async function play(withCpu: boolean, stopAfterSlices = Infinity) {
    const interrupted = new AbortController();
    const client = new DaemonClient(daemon.url);
    let slices = 0;
    return runClosedLoop({
      client,
      clock: await DaemonClock.read(client),
      system: shippedSystem({ authDemand: 0.02, paymentDemand: 0.02 }),
      trace: { bucketSeconds: 60, ratesPerSecond: Float64Array.of(10, 20, 10) },
      seed: 1,
      initial: INITIAL,
      applyDelaySeconds: 30,
      withCpu,
      signal: interrupted.signal,
      observer: {
        onSlice: () => {
          slices++;
          if (slices >= stopAfterSlices) interrupted.abort();
        },
      },
    });
  }

  it('tells every visit and every answered request once, never ahead of the clock of the daemon', async () => {
    const { run, delivery } = await play(false);
    const requests = run.scores().chains.reduce((sum, chain) => sum + chain.requests, 0);
    expect(daemon.records).toHaveLength(run.visits + requests);
    expect(daemon.records.filter((record) => record['service_id'] === undefined)).toHaveLength(requests);
    expect(delivery).toMatchObject({ records: daemon.records.length, rejected: 0 });
    expect(delivery.accepted).toBe(delivery.records);
    expect(daemon.recordsAhead()).toBe(0);
    expect(Object.keys(daemon.records[0]!)).not.toContain('cpu_seconds');
  });

  it('applies what is recommended after the delay, and says so', async () => {
    const { run, decisions, changes } = await play(true);
    expect(decisions).toBe(1);
    expect(changes.map(({ from, to }) => [from.instances * from.cpu, to.id])).toEqual([
      [4, 'auth-service'],
      [4, 'payment-service'],
    ]);
    expect([run.shape(0), run.shape(1)]).toMatchObject([WANTED, WANTED]);
    expect(daemon.applied).toEqual([
      { service: 'auth-service', body: INITIAL },
      { service: 'payment-service', body: INITIAL },
      { service: 'auth-service', body: { ...WANTED, memory: 256 } },
      { service: 'payment-service', body: { ...WANTED, memory: 256 } },
    ]);
    const { minutes, coreHours } = run.scores();
    expect(minutes.map(({ minute }) => minute)).toEqual([0, 1, 2]);
    expect(minutes[2]!.cores).toEqual([2, 2]);
    const atLeastHalfAMinute = (0.5 * 8 + 2.5 * 4) / 60;
    expect(coreHours).toBeGreaterThan(atLeastHalfAMinute);
    expect(coreHours).toBeLessThan((3 * 8) / 60);
  });

  it('tells the CPU of visits when asked to', async () => {
    await play(true);
    const visits = daemon.records.filter((record) => record['service_id'] !== undefined);
    const cpu = visits.reduce((sum, record) => sum + Number(record['cpu_seconds']), 0);
    expect(cpu / visits.length).toBeCloseTo(0.02, 3);
  });

  it('stops at once when it is interrupted, with everything delivered', async () => {
    const { run, delivery } = await play(false, 2);
    expect(run.nowSeconds).toBeLessThan(180);
    expect(delivery.accepted).toBe(daemon.records.length);
  });
});

describe('the clock of the daemon', () => {
  it('is read with its speed', async () => {
    const daemon = await fakeDaemon(60, WANTED);
    const client = new DaemonClient(daemon.url);
    const clock = await DaemonClock.read(client);
    expect(Math.abs(clock.speed - 60)).toBeLessThan(6);
    await clock.refresh();
    expect(clock.nowSeconds()).toBeLessThanOrEqual((await client.time()) + 0.5);
    daemon.close();
  });

  it('fails with the call that went wrong when there is no daemon', async () => {
    const daemon = await fakeDaemon(1, WANTED);
    daemon.close();
    await expect(new DaemonClient(daemon.url).time()).rejects.toThrow();
  });
});
