import { describe, expect, it } from 'vitest';
import {
  DELAYS,
  delayTail,
  logDelayTail,
} from '../../../../src/components/resource-allocator/quotas/throttling-delay.ts';
import type { Random } from '../../../../src/models/ports.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { normal } from '../../performance-quantifier/windows.ts';

/** What a visit itself brings, in m. */
const OWN_WORK = 0.7;

/** Marsaglia and Tsang, A simple method for generating gamma variables, 2000. Scale 1. */
function gamma(shape: number, random: Random): number {
  if (shape < 1) return gamma(shape + 1, random) * random() ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const x = normal(random);
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

function exponential(mean: number, random: Random): number {
  return -mean * Math.log(1 - random());
}

/** Poisson many exponential works: with E[W²]/E[W] = 1 their mean is a half. */
function compoundPoisson(mean: number, random: Random): number {
  let work = 0;
  for (let at = exponential(1, random); at < 2 * mean; at += exponential(1, random))
    work += exponential(0.5, random);
  return work;
}

/** Share of visits, one at any time of each period, that wait longer than i·0.1 periods. */
function simulatedTail(
  work: number,
  utilization: number,
  periods: number,
  arriving: (mean: number, random: Random) => number,
): Float64Array {
  const random = seededRandom(Math.round(1000 * work + 10 * utilization));
  const quota = work / utilization;
  const tail = new Float64Array(DELAYS);
  let backlog = 0;
  for (let period = -1000; period < periods; period++) {
    const phase = random();
    const before = arriving(work * phase, random);
    const needed = backlog + before + OWN_WORK;
    const periodsOver = Math.max(0, Math.ceil(needed / quota) - 1);
    const delay = Math.max(0, periodsOver - phase);
    if (period >= 0) for (let i = 0; i < DELAYS && delay > 0.1 * i; i++) tail[i]! += 1 / periods;
    backlog = Math.max(0, backlog + before + arriving(work * (1 - phase), random) - quota);
  }
  return tail;
}

/** By how much two tails differ at most, as a factor, as far as shares are above `least`. */
function largestRatio(one: Float64Array, other: Float64Array, least: number): number {
  let largest = 1;
  for (let i = 0; i < DELAYS; i++) {
    const [p, q] = [one[i]!, other[i]!];
    if (Math.max(p, q) > least) largest = Math.max(largest, p / q, q / p);
  }
  return largest;
}

function sum(tail: Float64Array): number {
  return tail.reduce((total, share) => total + share, 0);
}

/** Often enough that chance explains less than a tenth. */
const SEEN = 0.01;

describe('the delay by throttling', () => {
  it.each([
    [0.3, 0.15],
    [1, 0.4],
    [3, 0.6],
    [12, 0.8],
    [30, 0.96],
  ])('is what a simulation of gamma work finds, with %d units in a period and ρ = %d', (work, rho) => {
    const simulated = simulatedTail(work, rho, 100_000, gamma);
    expect(simulated[0]).toBeGreaterThan(SEEN);
    expect(largestRatio(delayTail(work, rho), simulated, SEEN)).toBeLessThan(1.1);
  });

  it.each([
    [12, 0.8],
    [40, 0.9],
  ])(
    'is near to what compound Poisson work makes of it, with %d units in a period and ρ = %d',
    (work, rho) => {
      const simulated = simulatedTail(work, rho, 60_000, compoundPoisson);
      expect(simulated[0]).toBeGreaterThan(SEEN);
      expect(largestRatio(delayTail(work, rho), simulated, SEEN)).toBeLessThan(1.3);
    },
  );

  it('is surely at least a period where a visit alone takes more than two quotas', () => {
    // Of 0.7 units with a quota of a quarter: not even after two periods.
    const tail = delayTail(0.05, 0.2);
    expect(tail[10]).toBeCloseTo(1, 6);
    expect(tail[20]).toBeLessThan(1);
  });

  const WORKS = [0.05, 0.2, 1, 4, 15, 60, 250];

  it('is the less likely the longer it is, and the likelier the higher the utilisation', () => {
    for (const work of WORKS) {
      let before: Float64Array = new Float64Array(DELAYS);
      for (let rho = 0.1; rho < 0.96; rho += 0.05) {
        const tail = delayTail(work, rho);
        for (let i = 0; i < DELAYS; i++) {
          expect(tail[i]).toBeGreaterThanOrEqual(0);
          expect(tail[i]).toBeLessThanOrEqual(i === 0 ? 1 : tail[i - 1]!);
          expect(tail[i]! - before[i]!).toBeGreaterThanOrEqual(-1e-3);
        }
        before = tail;
      }
    }
  });

  it('is the less likely the smaller the pieces are in which the same work comes', () => {
    const shares = WORKS.map((work) => delayTail(work, 0.8)[5]!);
    expect(shares).toEqual(shares.toSorted((left, right) => right - left));
    expect(shares[0]! / shares.at(-1)!).toBeGreaterThan(100);
  });
});

describe('the table of delays', () => {
  const tabulated = (work: number, rho: number) => {
    const logs = new Float64Array(DELAYS);
    logDelayTail(work, rho, logs);
    return logs;
  };

  it.each([
    [0.3, 0.333],
    [2.9, 0.571],
    [17, 0.777],
    [90, 0.893],
  ])('lies near what is worked out exactly, with %d units in a period and ρ = %d', (work, rho) => {
    const shares = tabulated(work, rho).map(Math.exp);
    expect(largestRatio(shares, delayTail(work, rho), 1e-3)).toBeLessThan(1.15);
  });

  it('has what is worked out exactly in its cells', () => {
    const work = Math.exp(2);
    expect(largestRatio(tabulated(work, 0.7).map(Math.exp), delayTail(work, 0.7), 1e-8)).toBeCloseTo(1, 6);
  });

  it.each([
    [0.001, 0.004],
    [0.005, 0.05],
    [0.01, 0.4],
    [0.001, 0.5],
  ])('has what seldom comes delayed by its own work: %d units in a period, ρ = %d', (work, rho) => {
    const simulated = simulatedTail(work, rho, 40_000, gamma);
    const shares = tabulated(work, rho).map(Math.exp);
    // Its delay is always about the same: where the tail falls at once, the table has it fall over a few steps.
    expect(sum(shares) / sum(simulated)).toBeGreaterThan(0.9);
    expect(sum(shares) / sum(simulated)).toBeLessThan(1.3);
  });

  it('has less load as no more delay, down to none, as long as the quota is the same', () => {
    for (const quota of [0.3, 1.3, 5, 40]) {
      let before = 0;
      for (let work = 1e-6; work < 0.9 * quota; work *= 1.5) {
        const share = Math.exp(tabulated(work, work / quota)[3]!);
        expect(share).toBeGreaterThanOrEqual(0.95 * before);
        before = share;
      }
    }
  });

  it('is finite and stays at its edges whatever it is asked for', () => {
    for (const work of [0, 0.01, 1, 1e5, Number.POSITIVE_INFINITY]) {
      for (const rho of [0, 1e-9, 0.5, 0.96, 1, 2, Number.POSITIVE_INFINITY]) {
        const logs = tabulated(work, rho);
        for (const log of logs) expect(Number.isFinite(log)).toBe(true);
        expect(logs[0]).toBeLessThanOrEqual(0);
      }
      expect(tabulated(work, 2)).toEqual(tabulated(work, 0.96));
    }
    expect(tabulated(Number.POSITIVE_INFINITY, 0.9)).toEqual(tabulated(3000, 0.9));
  });
});
