const LARGEST_COUNT = 2 ** 32 - 1;
/** The counts grow by so many buckets: latencies of ten seconds lie close together. */
const GROWTH = 64;

/**
 * The sketch slot that is being filled, as dense counts: one addition per latency. What it holds is put into the
 * rings when the next slot begins or when someone asks.
 */
export class OpenSketch {
  /** Index of the slot; nothing is counted before the first. */
  slot = -1;
  /** Counts of the buckets from `#first` on, wide enough for everything seen so far. */
  #counts = new Uint32Array();
  #first = 0;
  /** Occupied buckets lie in [low, end). */
  #low = Number.POSITIVE_INFINITY;
  #end = 0;

  add(bucket: number, count: number): void {
    if (bucket < this.#first || bucket >= this.#first + this.#counts.length) this.#widenTo(bucket);
    const at = bucket - this.#first;
    this.#counts[at] = Math.min(this.#counts[at]! + count, LARGEST_COUNT);
    if (bucket < this.#low) this.#low = bucket;
    if (bucket >= this.#end) this.#end = bucket + 1;
  }

  /** Hands every occupied bucket out and is empty afterwards. */
  take(receive: (bucket: number, count: number) => void): void {
    if (this.#end === 0) return;
    for (let bucket = this.#low; bucket < this.#end; bucket++) {
      const count = this.#counts[bucket - this.#first]!;
      if (count > 0) receive(bucket, count);
    }
    this.#counts.fill(0, this.#low - this.#first, this.#end - this.#first);
    this.#low = Number.POSITIVE_INFINITY;
    this.#end = 0;
  }

  #widenTo(bucket: number): void {
    const known = this.#counts;
    const isFirst = known.length === 0;
    const from = Math.floor(bucket / GROWTH) * GROWTH;
    const first = isFirst ? from : Math.min(this.#first, from);
    const end = isFirst ? from + GROWTH : Math.max(this.#first + known.length, from + GROWTH);
    this.#counts = new Uint32Array(end - first);
    this.#counts.set(known, isFirst ? 0 : this.#first - first);
    this.#first = first;
  }
}
