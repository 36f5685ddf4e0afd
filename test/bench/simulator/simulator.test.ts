import { expect, test } from 'vitest';
import type { Application, Arrivals, Shape } from '../../../bench/simulator/application.ts';
import { countBetween } from '../../../bench/simulator/latency-histogram.ts';
import { Simulator, type SimulatorOptions } from '../../../bench/simulator/simulator.ts';
import { application, at, call, ONE_CORE, poisson, service } from './small-application.ts';

interface Visit {
  readonly service: number;
  readonly self: number;
  readonly total: number;
  readonly cpu: number;
  readonly failed: boolean;
  readonly end: number;
}

/** A simulator, and all that its listener was told. */
function simulated(app: Application, arrivals: Arrivals, options: Partial<SimulatorOptions> = {}) {
  const visits: Visit[] = [];
  const requests: { seconds: number; failed: boolean; end: number }[] = [];
  const simulator = new Simulator({
    application: app,
    arrivals,
    initial: app.services.map((): Shape => ({ ...ONE_CORE, cpu: 4 })),
    seed: 1,
    startupSeconds: 10,
    listener: {
      onVisit: (service, _chain, self, total, cpu, failed, end) =>
        visits.push({ service, self, total, cpu, failed, end }),
      onRequest: (_chain, seconds, failed, end) => requests.push({ seconds, failed, end }),
    },
    ...options,
  });
  return { simulator, visits, requests };
}

test('stages run in sequence, and a stage takes as long as its slowest call', () => {
  const services = [service(), service(), service(), service()];
  const root = call(0.01, {
    stages: [[call(0.02, { service: 1 }), call(0.05, { service: 2 })], [call(0.03, { service: 3 })]],
  });
  const { simulator, visits, requests } = simulated(application(root, services), at(1));
  simulator.advanceTo(10);
  expect(requests).toEqual([
    { seconds: expect.closeTo(0.09, 9), failed: false, end: expect.closeTo(1.09, 9) },
  ]);
  expect(visits.map((visit) => visit.service)).toEqual([1, 2, 3, 0]);
  expect(visits[3]).toMatchObject({ self: expect.closeTo(0.01, 9), total: expect.closeTo(0.09, 9) });
});

test('callers hold no thread while they wait for others', () => {
  const services = [service({ threads: 1 }), service()];
  const root = call(0.01, { stages: [[call(1, { service: 1 })]] });
  const { simulator, requests } = simulated(application(root, services), at(0, 0));
  simulator.advanceTo(10);
  // The second one does its own 10 ms while the first one waits; then both share service 1.
  expect(requests[1]!.end).toBeCloseTo(2.01, 6);
});

test('a visit without a thread waits for its turn, and one beyond the queue limit fails at once', () => {
  const app = application(call(0.1), [service({ threads: 1, queueLimit: 1 })]);
  const { simulator, visits, requests } = simulated(app, at(0, 0, 0));
  simulator.advanceTo(10);
  expect(visits).toEqual([
    { service: 0, self: 0, total: 0, cpu: 0, failed: true, end: 0 },
    expect.objectContaining({ self: expect.closeTo(0.1, 9), failed: false }),
    expect.objectContaining({ self: expect.closeTo(0.2, 9), failed: false }),
  ]);
  expect(requests.map(({ failed }) => failed)).toEqual([true, false, false]);
  expect(simulator.failedRequestsOf(0)).toBe(1);
  expect(simulator.failedVisitsAt(0, 0)).toBe(1);
});

test('visits that wait without CPU leave it to others', () => {
  const waits = application(call(0.1, { waitSeconds: 5 }));
  const { simulator, visits } = simulated(waits, poisson(1, 2000, 2), { timeoutSeconds: Infinity });
  simulator.advanceTo(Infinity);
  const self = visits.reduce((sum, visit) => sum + visit.self, 0) / visits.length;
  // M/D/1 processor sharing: 0.1 / 0.9, and the wait.
  expect(self).toBeGreaterThan(4.9);
  expect(self).toBeLessThan(5.3);
  expect(simulator.cgroup(0).cpuSeconds).toBeCloseTo(200, 6);
});

test('a visit that times out on the CPU leaves it, and its request fails', () => {
  const { simulator, visits, requests } = simulated(application(call(8)), at(0, 1), { timeoutSeconds: 5 });
  simulator.advanceTo(20);
  expect(requests).toEqual([
    { seconds: 5, failed: true, end: 5 },
    { seconds: 5, failed: true, end: 6 },
  ]);
  // Alone for 1 s, shared for 4; then alone for the last second.
  expect(visits.map(({ cpu }) => cpu)).toEqual([expect.closeTo(3, 9), expect.closeTo(3, 9)]);
  expect(simulator.cgroup(0).cpuSeconds).toBeCloseTo(6, 9);
  expect(countBetween(undefined, simulator.requestHistogram(0))).toBe(0);
});

test('a failed call fails its caller at once; what else is under way goes on', () => {
  const services = [service(), service(), service(), service()];
  const root = call(0.01, {
    stages: [
      [
        call(0.01, { service: 1, errorRatio: 1 }),
        call(0.5, { service: 2, stages: [[call(0.2, { service: 3 })]] }),
      ],
    ],
  });
  const { simulator, visits, requests } = simulated(application(root, services), at(0));
  simulator.advanceTo(0.1);
  expect(requests).toEqual([
    { seconds: expect.closeTo(0.02, 9), failed: true, end: expect.closeTo(0.02, 9) },
  ]);
  expect(simulator.inFlight).toBe(0);
  simulator.advanceTo(10);
  expect(visits.map(({ service: at, failed }) => [at, failed])).toEqual([
    [1, true],
    [0, true],
    [3, false],
    [2, false],
  ]);
  expect(requests).toHaveLength(1);
  expect(simulator.cgroup(3).cpuSeconds).toBeCloseTo(0.2, 9);
});

test('errors come as often as asked for', () => {
  const { simulator } = simulated(application(call(0.001, { errorRatio: 0.1 })), poisson(10, 10_000, 3));
  simulator.advanceTo(Infinity);
  expect(simulator.requestsOf(0)).toBe(10_000);
  expect(simulator.failedRequestsOf(0) / 10_000).toBeCloseTo(0.1, 2);
});

test('memory follows the visits that are present', () => {
  const { simulator } = simulated(application(call(1)), at(0, 0, 0));
  simulator.advanceTo(0.5);
  expect(simulator.cgroup(0).memory).toBe(64 + 3 * 2);
  simulator.advanceTo(10);
  expect(simulator.cgroup(0).memory).toBe(64);
});

test('a demand factor counts for visits that arrive from then on', () => {
  const { simulator, visits } = simulated(application(call(1)), at(0, 5));
  simulator.advanceTo(0.5);
  simulator.setDemandFactor(0, 3);
  simulator.advanceTo(20);
  expect(visits.map(({ cpu }) => cpu)).toEqual([1, 3]);
});

test('the least busy instance takes a visit', () => {
  const app = application(call(1));
  const initial = [{ ...ONE_CORE, instances: 3 }];
  const { simulator, visits } = simulated(app, at(0, 0, 0, 0.5, 2), { initial });
  simulator.advanceTo(10);
  const ends = visits.map(({ end }) => end);
  expect(ends).toEqual([1, 1, 1.5, 2, 3].map((end) => expect.closeTo(end, 9)));
});

test.each(['round-robin', 'random'] as const)('%s balancing uses all instances', (balancing) => {
  const initial = [{ ...ONE_CORE, instances: 3 }];
  const { simulator } = simulated(application(call(0.1)), poisson(10, 3000, 5), { initial, balancing });
  simulator.advanceTo(Infinity);
  for (const { cpuSeconds } of simulator.instances(0)) {
    expect(cpuSeconds).toBeGreaterThan(90);
    expect(cpuSeconds).toBeLessThan(110);
  }
});

test('the same seed gives the same events, another one does not', () => {
  const run = (seed: number) => {
    const root = call(0.01, { sigma: 0.6, waitSeconds: 0.01, errorRatio: 0.01 });
    const { simulator, visits } = simulated(application(root), poisson(80, 2000, 9), { seed });
    simulator.advanceTo(Infinity);
    return visits;
  };
  expect(run(4)).toEqual(run(4));
  expect(run(4)).not.toEqual(run(5));
});

test('looking at the system does not change what happens', () => {
  const run = (steps: number) => {
    const app = application(call(0.012, { sigma: 0.6 }), [service({ parallelism: 2 })]);
    const initial = [{ ...ONE_CORE, cpu: 0.9 }];
    const { simulator, visits } = simulated(app, poisson(60, 3000, 9), { initial });
    for (let step = 1; step <= steps; step++) {
      simulator.advanceTo((60 * step) / steps);
      simulator.cgroup(0);
      simulator.instances(0);
    }
    return visits;
  };
  expect(run(997)).toEqual(run(1));
});

test('a request needs the same CPU whatever capacity it meets', () => {
  const run = (cpu: number) => {
    const root = call(0.01, { sigma: 0.6, stages: [[call(0.005, { sigma: 0.6 })]] });
    const { simulator, visits } = simulated(application(root), poisson(20, 500, 9), {
      initial: [{ ...ONE_CORE, cpu }],
      timeoutSeconds: Infinity,
    });
    simulator.advanceTo(Infinity);
    return visits.map((visit) => visit.cpu).sort((one, other) => one - other);
  };
  expect(run(0.35)).toEqual(run(4));
});

test('a resize takes effect for visits under way', () => {
  const { simulator, visits } = simulated(application(call(1)), at(0), {
    initial: [{ ...ONE_CORE, cpu: 0.1 }],
  });
  simulator.advanceTo(1);
  simulator.resize(0, 1, 512);
  expect(simulator.shape(0)).toEqual({ cpu: 1, memory: 512, instances: 1 });
  simulator.advanceTo(5);
  // About 0.1 s of the CPU in the first second, the rest at full speed.
  expect(visits[0]!.end).toBeGreaterThan(1.88);
  expect(visits[0]!.end).toBeLessThan(1.92);
});
