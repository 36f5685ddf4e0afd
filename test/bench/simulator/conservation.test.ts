import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Application, Call } from '../../../bench/simulator/application.ts';
import { countBetween } from '../../../bench/simulator/latency-histogram.ts';
import { Simulator } from '../../../bench/simulator/simulator.ts';
import { poisson, service } from './small-application.ts';

const SERVICES = 3;
const SECONDS = 60;

const callTree: fc.Arbitrary<Call> = fc.letrec<{ call: Call }>((tie) => ({
  call: fc.record({
    service: fc.nat(SERVICES - 1),
    demandSeconds: fc.double({ min: 0.001, max: 0.05, noNaN: true }),
    sigma: fc.constantFrom(0, 0.6),
    distribution: fc.constantFrom('lognormal', 'exponential'),
    waitSeconds: fc.constantFrom(0, 0.02),
    errorRatio: fc.constantFrom(0, 0.05),
    stages: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constant([]),
      fc.array(fc.array(tie('call'), { minLength: 1, maxLength: 3 }), { maxLength: 2 }),
    ),
  }),
})).call;

const applications: fc.Arbitrary<Application> = fc
  .record({
    root: callTree,
    threads: fc.constantFrom(1, 4, Infinity),
    queueLimit: fc.constantFrom(0, 5, Infinity),
    parallelism: fc.constantFrom(1, 2, 4),
  })
  .map(({ root, ...limits }) => ({
    name: 'random',
    services: Array.from({ length: SERVICES }, () => service(limits)),
    chains: [{ name: 'chain', share: 1, root, sloSeconds: 1 }],
  }));

interface Action {
  readonly at: number;
  readonly service: number;
  readonly cpu: number;
  readonly instances: number;
  readonly kind: 'resize' | 'scale' | 'roll' | 'template' | 'evict' | 'kill' | 'factor';
}

const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: SECONDS, noNaN: true }),
    service: fc.nat(SERVICES - 1),
    cpu: fc.double({ min: 0.1, max: 4, noNaN: true }),
    instances: fc.integer({ min: 1, max: 5 }),
    kind: fc.constantFrom('resize', 'scale', 'roll', 'template', 'evict', 'kill', 'factor'),
  }),
  { maxLength: 20 },
);

function act(simulator: Simulator, { service: at, cpu, instances, kind }: Action): void {
  if (kind === 'resize') simulator.resize(at, cpu, 256);
  else if (kind === 'scale') simulator.scale(at, instances);
  else if (kind === 'roll') simulator.roll(at, { cpu, memory: 256, instances });
  else if (kind === 'template') simulator.setTemplate(at, cpu, 256);
  else if (kind === 'kill') simulator.kill(at, instances);
  else if (kind === 'factor') simulator.setDemandFactor(at, cpu);
  else {
    const ready = simulator.instances(at).find(({ state }) => state === 'ready');
    if (ready !== undefined) simulator.evict(at, ready.id);
  }
}

interface Seen {
  visits: number;
  requests: number;
  failed: number;
  latest: number;
  readonly cpu: number[];
}

function run(application: Application, rate: number, plan: readonly Action[], seed: number) {
  const arrivals = poisson(rate, rate * 30, seed);
  const seen: Seen = { visits: 0, requests: 0, failed: 0, latest: 0, cpu: Array(SERVICES).fill(0) };
  const simulator = new Simulator({
    application,
    arrivals,
    initial: application.services.map(() => ({ cpu: 0.7, memory: 256, instances: 2 })),
    seed,
    startupSeconds: 3,
    timeoutSeconds: 5,
    listener: {
      onVisit(at, _chain, self, total, cpu, _failed, end) {
        seen.visits++;
        seen.cpu[at]! += cpu;
        if (!(self >= 0 && total >= self && cpu >= 0 && end >= seen.latest)) throw new Error('not a visit');
        seen.latest = end;
      },
      onRequest(_chain, _latency, failed) {
        seen.requests++;
        if (failed) seen.failed++;
      },
    },
  });
  for (const action of plan.toSorted((one, other) => one.at - other.at)) {
    simulator.advanceTo(action.at);
    expect(arrived(arrivals.timesSeconds, action.at)).toBe(seen.requests + simulator.inFlight);
    act(simulator, action);
  }
  simulator.advanceTo(SECONDS + 60);
  return { simulator, seen, requests: arrivals.timesSeconds.length };
}

function arrived(times: Float64Array, until: number): number {
  return times.filter((time) => time <= until).length;
}

test('whatever is done to it, no request and no CPU gets lost', () => {
  fc.assert(
    fc.property(applications, fc.integer({ min: 1, max: 30 }), actions, fc.nat(), (app, rate, plan, seed) => {
      const { simulator, seen, requests } = run(app, rate, plan, seed);
      expect(simulator.inFlight).toBe(0);
      expect(seen.requests).toBe(requests);
      expect(simulator.requestsOf(0)).toBe(requests);
      expect(simulator.failedRequestsOf(0)).toBe(seen.failed);
      expect(countBetween(undefined, simulator.requestHistogram(0))).toBe(requests - seen.failed);
      expect(simulator.visits).toBe(seen.visits);
      for (let at = 0; at < SERVICES; at++) {
        const { cpuSeconds, throttledPeriods, periods, memory } = simulator.cgroup(at);
        expect(cpuSeconds).toBeCloseTo(seen.cpu[at]!, 6);
        expect(throttledPeriods).toBeLessThanOrEqual(periods);
        // Nobody is present any more.
        expect(memory).toBe(64);
        expect(simulator.instances(at)).toHaveLength(simulator.shape(at).instances);
        const good = simulator.visitsAt(at, 0) - simulator.failedVisitsAt(at, 0);
        expect(countBetween(undefined, simulator.selfHistogram(at, 0))).toBe(good);
        expect(countBetween(undefined, simulator.totalHistogram(at, 0))).toBe(good);
      }
    }),
    { numRuns: 40, seed: 7 },
  );
});
