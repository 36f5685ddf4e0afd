import type { Bucket } from './range-answer.ts';

/**
 * The buckets of a classic histogram from its cumulative counts by upper bound (`le`), as `histogram_quantile` takes them:
 * the first one begins at 0, what is above the highest bound is taken to be at it, and a count that is lower than the
 * one before (scraped a moment earlier) counts as equal to it. Empty without a finite bound.
 */
export function classicBuckets(cumulative: readonly (readonly [le: number, count: number])[]): Bucket[] {
  const sorted = cumulative.toSorted(([a], [b]) => a - b);
  const buckets: Bucket[] = [];
  let [lower, below] = [Math.min(0, sorted[0]?.[0] ?? 0), 0];
  for (const [le, total] of sorted) {
    if (le === Number.POSITIVE_INFINITY && buckets.length === 0) return [];
    const upper = le === Number.POSITIVE_INFINITY ? lower : le;
    buckets.push({ lower, upper, count: Math.max(0, total - below) });
    below = Math.max(below, total);
    lower = upper;
  }
  return buckets;
}
