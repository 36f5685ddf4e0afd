import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BucketSlab, EMPTY_SKETCH } from '../../../src/components/traffic-monitor/bucket-slab.ts';
import {
  BUCKET_COUNT,
  bucketOf,
  bucketValue,
} from '../../../src/components/traffic-monitor/latency-buckets.ts';
import { HistogramBuilder } from '../../../src/components/traffic-monitor/latency-histogram.ts';
import { exactQuantile, sum } from './naive-monitor.ts';

const latency = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: -13.8, max: 9.2, noNaN: true }).map(Math.exp) },
  { weight: 1, arbitrary: fc.constant(0) },
);
const latencies = fc.array(latency, { minLength: 1, maxLength: 300 });
const plenty = 1_000_000;

function sketch(slab: BucketSlab, values: readonly number[]): number {
  return values.reduce((made, value) => slab.add(made, bucketOf(value), 1), EMPTY_SKETCH);
}

function histogram(slab: BucketSlab, sketches: readonly number[], values: readonly number[]) {
  const builder = new HistogramBuilder();
  for (const each of sketches) slab.addTo(builder, each);
  return builder.build(values.length, sum(values));
}

describe('latency buckets', () => {
  it('answer for every latency in their range with at most 1 % error', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e4, noNaN: true }), (value) => {
        const answer = bucketValue(bucketOf(value));
        expect(Math.abs(answer - value) / value).toBeLessThanOrEqual(0.01 + 1e-9);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  it('grow with the latency and never leave their range', () => {
    const values = [0, 5e-324, 1e-9, 1e-6, 1e-5, 0.1, 1, 100, 9999, 1e4, 1e5, Number.MAX_VALUE];
    const buckets = values.map(bucketOf);
    expect([...buckets].sort((a, b) => a - b)).toEqual(buckets);
    expect(buckets[0]).toBe(0);
    expect(buckets.at(-1)).toBe(BUCKET_COUNT - 1);
  });
});

describe('latency histogram', () => {
  it('gives every quantile within its stated error of the exact order statistic', () => {
    fc.assert(
      fc.property(latencies, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const slab = new BucketSlab(plenty);
        const made = histogram(slab, [sketch(slab, values)], values);
        const exact = exactQuantile(
          values.toSorted((a, b) => a - b),
          q,
        );
        expect(Math.abs(made.quantile(q) - exact)).toBeLessThanOrEqual(made.relativeError * exact + 1e-12);
      }),
      { numRuns: 300, seed: 2 },
    );
  });

  it('gives the share above a bound as exactly as the bound can be told apart', () => {
    fc.assert(
      fc.property(latencies, latency, (values, bound) => {
        const slab = new BucketSlab(plenty);
        const share = histogram(slab, [sketch(slab, values)], values).fractionAbove(bound);
        const above = (limit: number) => values.filter((value) => value > limit).length / values.length;
        expect(share).toBeLessThanOrEqual(above(bound * 0.979) + 1e-12);
        expect(share).toBeGreaterThanOrEqual(above(bound * 1.021) - 1e-12);
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it('is the same from one sketch as from the sketches of its parts', () => {
    fc.assert(
      fc.property(latencies, latencies, (some, others) => {
        const slab = new BucketSlab(plenty);
        const all = [...some, ...others];
        const merged = histogram(slab, [sketch(slab, some), sketch(slab, others)], all);
        const whole = histogram(slab, [sketch(slab, all)], all);
        for (const q of [0, 0.25, 0.5, 0.9, 0.99, 1]) expect(merged.quantile(q)).toBe(whole.quantile(q));
        expect(merged.fractionAbove(0.1)).toBe(whole.fractionAbove(0.1));
      }),
      { numRuns: 100, seed: 4 },
    );
  });

  it('says that it knows nothing when it is empty', () => {
    const empty = new HistogramBuilder().build(0, 0);
    expect(empty.count).toBe(0);
    expect(empty.meanSeconds).toBeNaN();
    expect(empty.quantile(0.5)).toBeNaN();
    expect(empty.fractionAbove(0.1)).toBe(0);
  });
});

describe('bucket slab', () => {
  it('uses what sketches gave back again before it reserves more', () => {
    const slab = new BucketSlab(plenty);
    const spread = Array.from({ length: 70 }, (_, i) => 1e-6 * 1.38 ** i);
    for (let round = 0; round < 1000; round++) slab.release(sketch(slab, spread));
    expect(slab.usedChunks).toBe(0);
    expect(slab.reservedBytes).toBeLessThan(2 ** 20);
  });

  it('starts a reused chunk at zero', () => {
    const slab = new BucketSlab(plenty);
    slab.release(sketch(slab, [0.1, 0.1, 0.2]));
    const made = histogram(slab, [sketch(slab, [0.1])], [0.1]);
    expect(made.fractionAbove(0.15)).toBe(0);
  });

  it('takes the nearest bucket it has once its memory is used up, and says how often', () => {
    const slab = new BucketSlab(2);
    const values = [0.01, 0.02, 5, 0.000_01];
    const made = histogram(slab, [sketch(slab, values)], values);
    expect(slab.usedChunks).toBe(2);
    expect(slab.collapsed).toBe(2);
    expect(made.fractionAbove(0)).toBe(1);
    expect(made.quantile(1)).toBeLessThan(0.05);
    expect(slab.add(EMPTY_SKETCH, 7, 1)).toBe(EMPTY_SKETCH);
  });

  it('stops counting at the largest number a bucket holds', () => {
    const slab = new BucketSlab(plenty);
    const first = slab.add(EMPTY_SKETCH, bucketOf(0.1), Number.MAX_SAFE_INTEGER);
    const both = slab.add(slab.add(first, bucketOf(0.1), 5), bucketOf(0.2), 1);
    expect(histogram(slab, [both], [0.1]).quantile(0.5)).toBeCloseTo(0.1, 2);
  });
});
