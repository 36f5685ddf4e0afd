import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  weightedMedian,
  weightedMedianIndex,
} from '../../../src/components/performance-quantifier/medians.ts';

describe('the weighted median', () => {
  it('is that of the sorted values, also with equal values and weights of nothing', () => {
    // Whole weights have exact sums, so that half is reached at the same value whatever the order.
    const pair = fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: 0, max: 4 }));
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 40 }), (pairs) => {
        const values = pairs.map(([value]) => value);
        const weights = pairs.map(([, weight]) => weight);
        const index = weightedMedianIndex(values, weights);
        expect(weightedMedian(values, weights)).toBe(values[index] ?? Number.NaN);
      }),
      { seed: 4, numRuns: 2000 },
    );
  });

  it('is no number when nothing has weight', () => {
    expect(weightedMedian([1, 2], [0, 0])).toBeNaN();
    expect(weightedMedian([], [])).toBeNaN();
  });
});
