import { describe, expect, it } from 'vitest';
import {
  contentionMiddles,
  delayMiddles,
  delayWeights,
  EXPONENT,
  slowShare,
} from '../../../../src/components/resource-allocator/quotas/slow-share.ts';
import {
  DELAYS,
  PERIOD_SECONDS,
} from '../../../../src/components/resource-allocator/quotas/throttling-delay.ts';

const INTERVALS = DELAYS - 1;
const STEP = 0.1 * PERIOD_SECONDS;
const ALL = 1 - Math.exp(-EXPONENT);
const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);

/** P(delay > t) in the middles of the intervals, for a delay that is always as long. */
function always(seconds: number): Float64Array {
  return Float64Array.from({ length: INTERVALS }, (_, i) => ((i + 0.5) * STEP < seconds ? 1 : 0));
}

describe('what a delay counts for', () => {
  it('is 1 − exp(−κ) together for all that are shorter than the slack', () => {
    for (const slack of [0.01, 0.0123, 0.055, 0.1, 0.3, 0.6])
      expect(sum(delayWeights(slack))).toBeCloseTo(ALL, 12);
  });

  it('is all there is where it is surely longer than the slack', () => {
    for (const slack of [0.02, 0.1, 0.25])
      expect(slowShare(always(0.6), delayWeights(slack))).toBeCloseTo(ALL, 12);
  });

  it('is E[exp(θ·min(W, s))] − 1, times exp(−θs)', () => {
    // W exponential with a mean of 15 ms, slack 80 ms, by Simpson's rule over the density.
    const [mean, slack] = [0.015, 0.08];
    const theta = EXPONENT / slack;
    const steps = 10_000;
    let moment = Math.exp(theta * slack - slack / mean);
    for (let i = 0; i <= steps; i++) {
      const t = (slack * i) / steps;
      const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
      moment += ((weight * slack) / steps / 3) * (Math.exp(theta * t - t / mean) / mean);
    }
    const middles = Float64Array.from({ length: INTERVALS }, (_, i) => Math.exp((-(i + 0.5) * STEP) / mean));
    const expected = (moment - 1) * Math.exp(-theta * slack);
    expect(slowShare(middles, delayWeights(slack)) / expected).toBeCloseTo(1, 1);
  });

  it('is the less the shorter it is, and the longer the slack', () => {
    const shares = [0.02, 0.05, 0.09, 0.2].map((seconds) => slowShare(always(seconds), delayWeights(0.1)));
    expect(shares).toEqual(shares.toSorted((left, right) => left - right));
    const bySlack = [0.02, 0.05, 0.1, 0.4].map((slack) => slowShare(always(0.03), delayWeights(slack)));
    expect(bySlack).toEqual(bySlack.toSorted((left, right) => right - left));
  });

  it('is finite for slack of any size', () => {
    for (const slack of [Number.NEGATIVE_INFINITY, -1, 0, 1e-12, 1e9, Number.POSITIVE_INFINITY]) {
      const weights = delayWeights(slack);
      expect(weights.length).toBeGreaterThan(0);
      expect(weights.length).toBeLessThanOrEqual(INTERVALS);
      expect(sum(weights)).toBeCloseTo(ALL, 12);
    }
  });
});

describe('the distribution in the middles of the intervals', () => {
  const logTail = Float64Array.from({ length: DELAYS }, (_, i) => Math.log(0.4) - 0.2 * i);

  it('is that of throttling and that of waits for a core, added', () => {
    const middles = new Float64Array(INTERVALS);
    const waits = new Float64Array(INTERVALS);
    delayMiddles(logTail, { share: 0.3, decay: 2 }, middles);
    contentionMiddles({ share: 0.3, decay: 2 }, waits);
    for (let i = 0; i < INTERVALS; i++) {
      expect(waits[i]).toBeCloseTo(0.3 * Math.exp(-2 * (i + 0.5) * 0.1), 12);
      expect(middles[i]! - waits[i]!).toBeCloseTo(0.4 * Math.exp(-0.2 * (i + 0.5)), 12);
    }
  });

  it('is never more than 1', () => {
    const middles = new Float64Array(INTERVALS);
    delayMiddles(logTail, { share: 1, decay: 0 }, middles);
    expect([...middles]).toEqual(Array.from({ length: INTERVALS }, () => 1));
  });
});
