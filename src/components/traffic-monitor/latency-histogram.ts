import type { LatencyDistribution } from '../../models/metrics.ts';
import { BUCKET_COUNT, bucketUpperBound, bucketValue, RELATIVE_ERROR } from './latency-buckets.ts';

/** The latencies of a window: the sum of the sketches of its slots, of which most buckets are empty. */
export class LatencyHistogram implements LatencyDistribution {
  readonly count: number;
  readonly meanSeconds: number;
  readonly relativeError = RELATIVE_ERROR;
  /** The occupied buckets in ascending order. */
  readonly #buckets: number[];
  readonly #counts: number[];
  #weight = 0;

  /**
   * `counts` of the buckets from `first` on. `count` and `latencySum` are those of the counters, which cut the window
   * more finely than the sketches do.
   */
  constructor(first: number, counts: Float64Array, count: number, latencySum: number) {
    let occupied = 0;
    for (let i = 0; i < counts.length; i++) if (counts[i] !== 0) occupied++;
    this.#buckets = new Array<number>(occupied);
    this.#counts = new Array<number>(occupied);
    for (let i = 0, at = 0; i < counts.length; i++) {
      const occupants = counts[i]!;
      if (occupants === 0) continue;
      this.#buckets[at] = first + i;
      this.#counts[at++] = occupants;
      this.#weight += occupants;
    }
    this.count = count;
    this.meanSeconds = count > 0 ? latencySum / count : Number.NaN;
  }

  quantile(q: number): number {
    if (this.#isEmpty || Number.isNaN(q)) return Number.NaN;
    const rank = rankOf(q, this.#weight);
    let below = 0;
    for (let i = 0; i < this.#counts.length; i++) {
      below += this.#counts[i]!;
      if (below > rank) return bucketValue(this.#buckets[i]!);
    }
    return bucketValue(this.#buckets.at(-1)!);
  }

  /** Latencies are taken as spread evenly inside the bucket that holds the bound. */
  fractionAbove(seconds: number): number {
    if (this.#isEmpty) return 0;
    let above = 0;
    for (let i = this.#counts.length - 1; i >= 0; i--) {
      const share = shareAbove(this.#buckets[i]!, seconds);
      if (share === 0) break;
      above += this.#counts[i]! * share;
    }
    return above / this.#weight;
  }

  get #isEmpty(): boolean {
    return this.count === 0 || this.#weight === 0;
  }
}

/** The quantile has the rank ⌊q·(n − 1)⌋ in ascending order, counted from 0 (DDSketch, algorithm 2). */
function rankOf(q: number, weight: number): number {
  return Math.floor(Math.min(1, Math.max(0, q)) * (weight - 1));
}

function shareAbove(bucket: number, seconds: number): number {
  const upper = bucketUpperBound(bucket);
  const lower = bucket === 0 ? 0 : bucketUpperBound(bucket - 1);
  if (seconds < lower) return 1;
  return seconds < upper ? (upper - seconds) / (upper - lower) : 0;
}

/** Room to add sketches up in, used again for each series. */
export class HistogramBuilder {
  readonly counts = new Float64Array(BUCKET_COUNT);
  /** Everything that was added lies in [low, end). */
  #low = BUCKET_COUNT;
  #end = 0;

  /** Takes note of where something was added to `counts`. */
  reach(from: number, to: number): void {
    if (from < this.#low) this.#low = from;
    if (to > this.#end) this.#end = to;
  }

  /** The histogram of what was added; the room is empty afterwards. */
  build(count: number, latencySum: number): LatencyHistogram {
    const { first, counts } = this.added();
    const histogram = new LatencyHistogram(first, counts, count, latencySum);
    this.clear();
    return histogram;
  }

  /** The quantile that the histogram would answer; the room is empty afterwards. */
  takeQuantile(q: number): number {
    const { counts } = this;
    const [low, end] = [this.#low, this.#end];
    let weight = 0;
    for (let bucket = low; bucket < end; bucket++) weight += counts[bucket]!;
    const rank = rankOf(q, weight);
    let bucket = low;
    for (let below = counts[low] ?? 0; below <= rank && bucket < end - 1; ) below += counts[++bucket]!;
    this.clear();
    return weight > 0 && !Number.isNaN(q) ? bucketValue(bucket) : Number.NaN;
  }

  /** What was added, from the bucket `first` on. */
  added(): { readonly first: number; readonly counts: Float64Array } {
    return { first: this.#low, counts: this.counts.subarray(this.#low, this.#end) };
  }

  /** Empties the room. */
  clear(): void {
    if (this.#low < this.#end) this.counts.fill(0, this.#low, this.#end);
    this.#low = BUCKET_COUNT;
    this.#end = 0;
  }
}
