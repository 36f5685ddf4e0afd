import { describe, expect, it } from 'vitest';
import { cameOf } from '../../../src/control/in-place/came.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { poisson } from './poisson.ts';

const IN_FORCE = { fromSeconds: 1002.4, toSeconds: 1020.4 };
const SPANS = [100, 100, 100, 100];
const requestsOf = (came: readonly { rate: number; seconds: number }[]) =>
  came.reduce((sum, { rate, seconds }) => sum + rate * seconds, 0);

/** Rate of single seconds from 1000 s on. */
const told = (rates: readonly number[]) => (seconds: number) => rates[seconds - 1000] ?? Number.NaN;

describe('what came while capacity was in force', () => {
  it('is told by spans, of the first and the last as much as is inside, where single seconds are not known', () => {
    expect(cameOf(SPANS, 1000, IN_FORCE).map(({ seconds }) => seconds)).toEqual([3, 5, 5, 5]);
    const short = { fromSeconds: 1006, toSeconds: 1012.5 };
    expect(cameOf([7, 8, 9, 10], 1000, short)).toEqual([
      { rate: 8, seconds: 4, spanRate: 8 },
      { rate: 9, seconds: 3, spanRate: 9 },
    ]);
  });

  it('is a surge of two seconds at its height, as far as it is no chance', () => {
    const seconds = Array.from({ length: 22 }, (_, i) => (i === 8 || i === 9 ? 300 : 100));
    const spanRates = [100, 180, 100, 100];
    const came = cameOf(spanRates, 1000, IN_FORCE, told(seconds));
    expect(came.map((one) => one.seconds)).toEqual([3, 1, 1, 1, 1, 1, 5, 5]);
    const variance = (2 * 120 ** 2 + 3 * 80 ** 2) / 4;
    const kept = Math.sqrt(1 - 180 / variance);
    for (const i of [4, 5]) expect(came[i]!.rate).toBeCloseTo(180 + kept * 120, 9);
    for (const { rate, spanRate } of came.slice(1, 6)) expect([rate > 90, spanRate]).toEqual([true, 180]);
    expect(requestsOf(came.slice(1, 6))).toBeCloseTo(5 * 180, 9);
  });

  it('is what the span is known for, spread as its seconds were counted', () => {
    const seconds = Array.from({ length: 22 }, (_, i) => (i % 5 === 2 ? 400 : 100));
    const came = cameOf([80, 80, 80, 80], 1000, IN_FORCE, told(seconds));
    expect(requestsOf(came.slice(-5))).toBeCloseTo(5 * 80, 9);
    expect(came.at(-3)!.rate / came.at(-2)!.rate).toBeGreaterThan(3.5);
  });

  it.each([2, 20, 200])(
    'is told by spans where arrivals are Poisson, but for one in some thousands (%d/s)',
    (rate) => {
      const random = seededRandom(5);
      let detailed = 0;
      for (let trial = 0; trial < 4000; trial++) {
        const seconds = Array.from({ length: 7 }, () => poisson(rate, random));
        const counted = seconds.slice(1, 6).reduce((sum, one) => sum + one, 0) / 5;
        const inForce = { fromSeconds: 1001, toSeconds: 1006 };
        // As it was counted, and as it is known from other chains.
        for (const spanRate of [counted, rate])
          if (cameOf([spanRate], 1001, inForce, told(seconds)).length > 1) detailed += 1;
      }
      expect(detailed / 8000).toBeLessThan(0.001);
    },
  );

  it.each([
    ['every five seconds', (i: number) => (i % 5 === 1 ? 500 : 0)],
    ['every two seconds', (i: number) => (i % 2 === 1 ? 200 : 0)],
    ['every second, one of them late', (i: number) => (i === 9 ? 0 : i === 10 ? 200 : 100)],
  ])('is told by spans where requests are told in batches: %s', (_, rateAt) => {
    const seconds = Array.from({ length: 23 }, (_, i) => rateAt(i));
    const came = cameOf(SPANS, 1001, { fromSeconds: 1001, toSeconds: 1021 }, told(seconds));
    expect(came.every((one) => one.rate === 100)).toBe(true);
  });

  it('is told by spans where a second is not known, and where there were none', () => {
    const seconds = Array.from({ length: 22 }, (_, i) => (i === 8 ? 600 : i === 6 ? Number.NaN : 100));
    expect(cameOf([100, 220, 100, 100], 1000, IN_FORCE, told(seconds)).length).toBe(4);
    expect(requestsOf(cameOf([0, 0, 0, 0], 1000, IN_FORCE, () => 0))).toBe(0);
  });
});
