import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PoissonArrivals } from '../../bench/replay/arrivals.ts';
import { QueueSimulator, type SimulationListener } from '../../bench/replay/queue-simulator.ts';
import { type Distribution, randomStreams } from '../../bench/replay/random-variates.ts';
import type { Balancing, PoolShape } from '../../bench/replay/server-pool.ts';
import { type ChainModel, chainModel, type ServiceModel } from '../../bench/replay/workload.ts';

const SLO = { latencySeconds: 1, percentile: 0.95, objective: 0.95, priority: 1 };
const silent: SimulationListener = { onVisit: () => {}, onRequest: () => {} };

interface Queue {
  readonly rate: number;
  readonly demand: Distribution;
  readonly shape: PoolShape;
  readonly seconds: number;
  readonly balancing?: Balancing;
  readonly waitSeconds?: number;
}

/** Mean own time of the visits to one service on one chain, without a warm-up of a tenth. */
function meanResponse(queue: Queue): { mean: number; used: number; seconds: number } {
  const { rate, demand, shape, seconds, balancing = 'round-robin', waitSeconds = 0 } = queue;
  let total = 0;
  let visits = 0;
  const service: ServiceModel = { id: 's', parallelism: 64, demand, waitSeconds };
  const simulator = new QueueSimulator({
    services: [service],
    chains: [lineOf(['s'], [service])],
    shapes: [shape],
    ...chance(rate, seconds, 7),
    balancing,
    timeoutSeconds: Infinity,
    listener: {
      ...silent,
      onVisit: (_service, _chain, response, completed) => {
        if (completed < seconds / 10) return;
        total += response;
        visits++;
      },
    },
  });
  simulator.advanceTo(seconds);
  return { mean: total / visits, used: simulator.usedCoreSeconds(0), seconds };
}

function chance(rate: number, seconds: number, seed: number) {
  const [arrivals, random] = randomStreams(seed, 2);
  const trace = { bucketSeconds: seconds, ratesPerSecond: Float64Array.of(rate) };
  return { arrivals: new PoissonArrivals(trace, arrivals!), random: random! };
}

function lineOf(names: readonly string[], services: readonly ServiceModel[]): ChainModel {
  const stages = names.map((service) => [[{ service, visits: 1 }]]);
  return chainModel({ id: 'c', stages, slo: SLO }, 1, services);
}

/** Erlang's C formula: the share of arrivals that wait with `servers` servers and `offered` erlangs. */
function erlangC(servers: number, offered: number): number {
  let blocking = 1;
  for (let n = 1; n <= servers; n++) blocking = (offered * blocking) / (n + offered * blocking);
  return blocking / (1 - (offered / servers) * (1 - blocking));
}

const exponential: Distribution = { kind: 'exponential', mean: 1 };
const constant: Distribution = { kind: 'lognormal', mean: 1, sigma: 0 };
const lognormal: Distribution = { kind: 'lognormal', mean: 1, sigma: 0.8 };
const oneCore = { cpu: 1, instances: 1 };

describe('the queue simulator against closed forms', () => {
  it.each([
    { name: 'M/M/1', rate: 0.5, demand: exponential, tolerance: 0.02 },
    { name: 'M/M/1', rate: 0.8, demand: exponential, tolerance: 0.05 },
    { name: 'M/D/1', rate: 0.5, demand: constant, tolerance: 0.02 },
    { name: 'M/D/1', rate: 0.8, demand: constant, tolerance: 0.05 },
    { name: 'lognormal M/G/1', rate: 0.8, demand: lognormal, tolerance: 0.05 },
  ])('has the mean 1/(μ − λ) of processor sharing for $name at a utilisation of $rate', (queue) => {
    const { mean } = meanResponse({ ...queue, shape: oneCore, seconds: 300_000 });
    const expected = 1 / (1 - queue.rate);
    expect(Math.abs(mean / expected - 1)).toBeLessThan(queue.tolerance);
  });

  it.each([
    { cores: 2, utilization: 0.8 },
    { cores: 4, utilization: 0.5 },
    { cores: 4, utilization: 0.8 },
  ])('is an M/M/c queue for $cores cores in one instance at $utilization', ({ cores, utilization }) => {
    const rate = cores * utilization;
    const shape = { cpu: cores, instances: 1 };
    const { mean } = meanResponse({ rate, demand: exponential, shape, seconds: 300_000 / rate });
    const expected = 1 + erlangC(cores, rate) / (cores - rate);
    expect(Math.abs(mean / expected - 1)).toBeLessThan(0.05);
  });

  it('slows a visit down by a quota under one core, and adds the time without CPU', () => {
    const shape = { cpu: 0.25, instances: 1 };
    const { mean } = meanResponse({ rate: 1e-4, demand: constant, shape, seconds: 1e7, waitSeconds: 3 });
    expect(mean).toBeCloseTo(4 + 3, 1);
  });

  it('burns exactly the demand of what arrives: the utilisation law', () => {
    const { used, seconds } = meanResponse({
      rate: 2,
      demand: lognormal,
      shape: { cpu: 2, instances: 2 },
      seconds: 50_000,
    });
    expect(Math.abs(used / seconds / 2 - 1)).toBeLessThan(0.02);
  });

  it('queues less with four cores in one instance than in four, and least-loaded lies between', () => {
    const load = { rate: 3.2, demand: exponential, seconds: 50_000 };
    const pooled = meanResponse({ ...load, shape: { cpu: 4, instances: 1 } }).mean;
    const spread = { ...load, shape: { cpu: 1, instances: 4 } };
    const leastLoaded = meanResponse({ ...spread, balancing: 'least-loaded' }).mean;
    const inTurn = meanResponse({ ...spread, balancing: 'round-robin' }).mean;
    expect(pooled).toBeLessThan(leastLoaded);
    expect(leastLoaded).toBeLessThan(inTurn);
  });
});

describe('chains in the queue simulator', () => {
  const service = (id: string, mean: number): ServiceModel => ({
    id,
    parallelism: 4,
    demand: { kind: 'lognormal', mean, sigma: 0.5 },
    waitSeconds: 0.01,
  });
  const services = [service('a', 0.02), service('b', 0.03), service('c', 0.05)];

  function run(stages: string[][][], rate: number, seed: number, visits = 1) {
    const spec = stages.map((stage) => stage.map((branch) => branch.map((id) => ({ service: id, visits }))));
    const visitTimes: number[] = [];
    const requestTimes: number[] = [];
    let arrived = 0;
    const { arrivals, random } = chance(rate, 100, seed);
    const simulator = new QueueSimulator({
      services,
      chains: [chainModel({ id: 'c', stages: spec, slo: SLO }, 1, services)],
      shapes: services.map(() => ({ cpu: 2, instances: 2 })),
      arrivals: {
        next: () => {
          const time = arrivals.next();
          if (time < Infinity) arrived++;
          return time;
        },
      },
      random,
      balancing: 'round-robin',
      listener: {
        onVisit: (_service, _chain, response) => visitTimes.push(response),
        onRequest: (_chain, response) => requestTimes.push(response),
      },
    });
    simulator.advanceTo(1000);
    return { visitTimes, requestTimes, arrived, inFlight: simulator.inFlight };
  }
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

  it('answers every request once, in the time of its stages, whatever the load', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 60, noNaN: true }), fc.integer(), (rate, seed) => {
        const { visitTimes, requestTimes, arrived, inFlight } = run([[['a']], [['b']]], rate, seed);
        expect(inFlight).toBe(0);
        expect(requestTimes).toHaveLength(arrived);
        expect(visitTimes).toHaveLength(2 * arrived);
        expect(sum(requestTimes)).toBeCloseTo(sum(visitTimes), 6);
      }),
      { numRuns: 20, seed: 1 },
    );
  });

  it('takes the slowest of parallel branches', () => {
    const parallel = run([[['a', 'b'], ['c']]], 10, 3);
    const alone = run([[['c']]], 10, 3);
    expect(parallel.visitTimes).toHaveLength(3 * parallel.arrived);
    expect(sum(parallel.requestTimes)).toBeLessThan(sum(parallel.visitTimes));
    expect(sum(parallel.requestTimes)).toBeGreaterThan(sum(alone.requestTimes));
  });

  it('pays whole and fractional visits', () => {
    const { visitTimes, arrived } = run([[['a']]], 100, 5, 2.5);
    expect(visitTimes.length / arrived).toBeCloseTo(2.5, 1);
  });

  it('gives the same for the same seed and something else for another', () => {
    const stages = [[['a']], [['b'], ['c']]];
    expect(run(stages, 20, 1)).toEqual(run(stages, 20, 1));
    expect(run(stages, 20, 1)).not.toEqual(run(stages, 20, 2));
  });
});

describe('capacity that changes under way', () => {
  const demand: Distribution = { kind: 'lognormal', mean: 1, sigma: 0 };
  const services: readonly ServiceModel[] = [{ id: 's', parallelism: 4, demand, waitSeconds: 0 }];

  function simulate(times: readonly number[], shape: PoolShape, timeoutSeconds = 30) {
    const answers: { at: number; response: number; failed: boolean }[] = [];
    const queue = [...times];
    const simulator = new QueueSimulator({
      services,
      chains: [lineOf(['s'], services)],
      shapes: [shape],
      arrivals: { next: () => queue.shift() ?? Infinity },
      random: () => 0.5,
      balancing: 'round-robin',
      timeoutSeconds,
      listener: {
        ...silent,
        onRequest: (_c, response, at, failed) => answers.push({ at, response, failed }),
      },
    });
    return { simulator, answers };
  }

  it('speeds up the visits that run when an instance grows', () => {
    const { simulator, answers } = simulate([0], { cpu: 0.5, instances: 1 });
    simulator.setShape(0, { cpu: 1, instances: 1 }, 1);
    simulator.advanceTo(10);
    expect(answers).toEqual([{ at: 1.5, response: 1.5, failed: false }]);
  });

  it('lets an instance that goes finish what it has and sends it nothing more', () => {
    const { simulator, answers } = simulate([0, 0, 0.5, 0.5], { cpu: 1, instances: 2 });
    simulator.setShape(0, { cpu: 1, instances: 1 }, 0.25);
    simulator.advanceTo(10);
    expect(answers.map(({ at }) => at)).toEqual([1, 2, 3, 3].map((at) => expect.closeTo(at, 9)));
    expect(simulator.usedCoreSeconds(0)).toBeCloseTo(4, 9);
  });

  it('slows down what arrives after the demand factor has changed', () => {
    const { simulator, answers } = simulate([0, 5], { cpu: 1, instances: 1 });
    simulator.setDemandFactor(0, 2, 3);
    simulator.advanceTo(10);
    expect(answers.map(({ response }) => response)).toEqual([1, 2]);
  });

  it('fails a visit that takes too long, and gives its share of the CPU to the others', () => {
    const { simulator, answers } = simulate([0, 0, 1.5], { cpu: 0.5, instances: 1 }, 2);
    simulator.advanceTo(10);
    expect(answers.map(({ failed, response }) => ({ failed, response }))).toEqual([
      { failed: true, response: 2 },
      { failed: true, response: 2 },
      { failed: true, response: 2 },
    ]);
    expect(simulator.inFlight).toBe(0);
  });

  it('refuses a service without capacity', () => {
    const { simulator } = simulate([], { cpu: 1, instances: 1 });
    expect(() => simulator.setShape(0, { cpu: 0, instances: 1 }, 0)).toThrow('capacity');
    expect(() => simulator.setShape(0, { cpu: 1, instances: Number.NaN }, 0)).toThrow('capacity');
  });
});
