/** Latencies of one run: how many, their sum, and counts in buckets 0.4 % wide, fine enough for quantiles to be judged by 2 %. */

const STEP_BITS = 8;
const SHIFT = 23 - STEP_BITS;
/** Exponents of a 32-bit float from 2^-40 on: anything that takes longer than a picosecond. */
const FIRST = (127 - 40) << STEP_BITS;
const BUCKETS = 60 << STEP_BITS;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

export class LatencySample {
  count = 0;
  sumSeconds = 0;
  readonly #buckets = new Uint32Array(BUCKETS);

  add(seconds: number): void {
    this.count++;
    this.sumSeconds += seconds;
    float[0] = seconds;
    this.#buckets[Math.max(0, Math.min(BUCKETS - 1, (bits[0]! >>> SHIFT) - FIRST))]!++;
  }

  merge(other: LatencySample): void {
    this.count += other.count;
    this.sumSeconds += other.sumSeconds;
    for (let bucket = 0; bucket < BUCKETS; bucket++) this.#buckets[bucket]! += other.#buckets[bucket]!;
  }

  meanSeconds(): number {
    return this.sumSeconds / this.count;
  }

  /** With linear interpolation inside the bucket. */
  quantileSeconds(quantile: number): number {
    const rank = quantile * this.count;
    let below = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const here = this.#buckets[bucket]!;
      if (here > 0 && below + here >= rank) {
        const start = startSeconds(bucket);
        return start + ((rank - below) / here) * (startSeconds(bucket + 1) - start);
      }
      below += here;
    }
    return Number.NaN;
  }
}

function startSeconds(bucket: number): number {
  bits[0] = (bucket + FIRST) << SHIFT;
  return float[0]!;
}
