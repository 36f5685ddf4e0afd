/**
 * Counts of latencies in buckets that all share: 16 linear steps in each doubling (HdrHistogram's scheme), so that a
 * bucket is 3 to 6 % wide, as in native histograms of Prometheus. The bucket is read from the bits of the number.
 */

const STEP_BITS = 4;
const SHORTEST_EXPONENT = -17; // 2^-17 s = 7.6 µs
const LONGEST_EXPONENT = 8; // to 2^8 s
const SHIFT = 23 - STEP_BITS;
const FIRST = (SHORTEST_EXPONENT + 127) << STEP_BITS;

/** The last one takes what is longer, the first one what is shorter. */
export const LATENCY_BUCKETS = (LONGEST_EXPONENT - SHORTEST_EXPONENT) << STEP_BITS;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Bucket of a latency, s. */
export function latencyBucket(seconds: number): number {
  float[0] = seconds;
  const bucket = (bits[0]! >>> SHIFT) - FIRST;
  return bucket < 0 ? 0 : bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

/** Where a bucket begins, s; that of bucket + 1 is where it ends. */
export function bucketStartSeconds(bucket: number): number {
  bits[0] = (bucket + FIRST) << SHIFT;
  return float[0]!;
}

/**
 * Quantile of the latencies counted in `newer` and not yet in `older`, s, by linear interpolation inside its bucket;
 * undefined when there are none.
 */
export function quantileBetween(
  older: ArrayLike<number> | undefined,
  newer: ArrayLike<number>,
  quantile: number,
): number | undefined {
  const total = countBetween(older, newer);
  if (total === 0) return undefined;
  const rank = quantile * total;
  let below = 0;
  for (let bucket = 0; bucket < newer.length; bucket++) {
    const count = newer[bucket]! - (older?.[bucket] ?? 0);
    if (count > 0 && below + count >= rank) {
      const start = bucketStartSeconds(bucket);
      return start + ((rank - below) / count) * (bucketStartSeconds(bucket + 1) - start);
    }
    below += count;
  }
  return bucketStartSeconds(newer.length);
}

export function countBetween(older: ArrayLike<number> | undefined, newer: ArrayLike<number>): number {
  let total = 0;
  for (let bucket = 0; bucket < newer.length; bucket++) total += newer[bucket]! - (older?.[bucket] ?? 0);
  return total;
}
