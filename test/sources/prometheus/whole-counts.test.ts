import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classicBuckets } from '../../../src/sources/prometheus/classic-buckets.ts';
import { WholeCounts } from '../../../src/sources/prometheus/whole-counts.ts';

const amount = fc.double({ min: 0, max: 200, noNaN: true });

describe('whole requests from fractional counts', () => {
  it('agree with what was told, bucket by bucket, however many steps there were', () => {
    const steps = fc.array(fc.tuple(amount, amount, amount), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(steps, (told) => {
        const whole = new WholeCounts();
        const placed = [0, 0, 0];
        for (const counts of told) {
          const buckets = counts.map((count, i) => ({ lower: i, upper: i + 1, count }));
          const { latencies, counts: found } = whole.place(buckets);
          latencies.forEach((latency, i) => {
            expect(Number.isInteger(found[i])).toBe(true);
            placed[Math.floor(latency)]! += found[i]!;
          });
        }
        for (const [i, count] of placed.entries()) {
          const exact = told.reduce((sum, step) => sum + step[i]!, 0);
          expect(Math.abs(count - exact)).toBeLessThanOrEqual(0.5 + 1e-6);
        }
      }),
    );
  });

  it('are spread over their bucket as an interpolation has them, many at once or one at a time', () => {
    for (const perStep of [0.1, 1, 7, 500]) {
      const whole = new WholeCounts();
      const all: number[] = [];
      while (all.length < 400) {
        const { latencies, counts } = whole.place([{ lower: 0.1, upper: 0.25, count: perStep }]);
        latencies.forEach((latency, i) => {
          for (let n = 0; n < counts[i]!; n++) all.push(latency);
        });
      }
      all.sort((a, b) => a - b);
      for (const q of [0.05, 0.5, 0.95]) {
        const interpolated = 0.1 + 0.15 * q;
        expect(Math.abs(all[Math.floor(q * all.length)]! - interpolated)).toBeLessThan(0.003);
      }
    }
  });
});

describe('the buckets of a classic histogram', () => {
  it('begin at zero, and end at the highest bound for what is above it', () => {
    const cumulative = [
      [Number.POSITIVE_INFINITY, 10],
      [0.1, 4],
      [0.5, 9],
    ] as const;
    expect(classicBuckets(cumulative)).toEqual([
      { lower: 0, upper: 0.1, count: 4 },
      { lower: 0.1, upper: 0.5, count: 5 },
      { lower: 0.5, upper: 0.5, count: 1 },
    ]);
  });

  it('are never negative where one was scraped before another', () => {
    const counts = classicBuckets([
      [0.1, 5],
      [0.2, 4],
      [0.5, 7],
    ]).map(({ count }) => count);
    expect(counts).toEqual([5, 0, 2]);
  });

  it('are none without a finite bound', () => {
    expect(classicBuckets([[Number.POSITIVE_INFINITY, 5]])).toEqual([]);
    expect(classicBuckets([])).toEqual([]);
  });
});
