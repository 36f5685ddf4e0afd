import { BUCKET_COUNT } from './latency-buckets.ts';

const LARGEST_COUNT = 2 ** 32 - 1;

/**
 * The sketch slot that is being filled, as dense counts: one addition per latency. What it holds is put into the
 * rings when the next slot begins or when someone asks.
 */
export class OpenSketch {
  /** Index of the slot; nothing is counted before the first. */
  slot = -1;
  readonly #counts = new Uint32Array(BUCKET_COUNT);
  /** Occupied buckets lie in [low, end). */
  #low = BUCKET_COUNT;
  #end = 0;

  add(bucket: number, count: number): void {
    this.#counts[bucket] = Math.min(this.#counts[bucket]! + count, LARGEST_COUNT);
    if (bucket < this.#low) this.#low = bucket;
    if (bucket >= this.#end) this.#end = bucket + 1;
  }

  /** Hands every occupied bucket out and is empty afterwards. */
  take(receive: (bucket: number, count: number) => void): void {
    for (let bucket = this.#low; bucket < this.#end; bucket++) {
      const count = this.#counts[bucket]!;
      if (count > 0) receive(bucket, count);
    }
    this.#counts.fill(0, this.#low, Math.max(this.#low, this.#end));
    this.#low = BUCKET_COUNT;
    this.#end = 0;
  }
}
