import { expect, test } from 'vitest';
import type { Application } from '../../../bench/simulator/application.ts';
import { Simulator } from '../../../bench/simulator/simulator.ts';
import { application, call, ONE_CORE, poisson, service } from './small-application.ts';

const RATE = 50;
const DEMAND = 0.014;
const RHO = RATE * DEMAND;

function responses(simulated: Application, requests: number, instances = 1): Float64Array {
  const all: number[] = [];
  const simulator = new Simulator({
    application: simulated,
    arrivals: poisson(RATE, requests, 5),
    initial: [{ ...ONE_CORE, instances }],
    seed: 3,
    startupSeconds: 10,
    listener: { onRequest: (_chain, seconds) => all.push(seconds) },
  });
  simulator.advanceTo(Infinity);
  return Float64Array.from(all).sort();
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

test('one thread and exponential demands make an M/M/1 queue: mean and p95', () => {
  const root = call(DEMAND, { distribution: 'exponential' });
  const times = responses(application(root, [service({ threads: 1 })]), 100_000);
  // Sojourn times are exponential with rate μ(1 − ρ).
  const expected = DEMAND / (1 - RHO);
  expect(mean(times) / expected).toBeCloseTo(1, 1);
  expect(times[Math.floor(0.95 * times.length)]! / (-Math.log(0.05) * expected)).toBeCloseTo(1, 1);
});

test('without a thread limit the mean does not depend on the spread of demands (M/G/1 processor sharing)', () => {
  const root = call(DEMAND, { sigma: 0.6 });
  expect(mean(responses(application(root), 100_000)) / (DEMAND / (1 - RHO))).toBeCloseTo(1, 1);
});
