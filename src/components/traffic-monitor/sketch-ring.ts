import { type BucketSlab, EMPTY_SKETCH } from './bucket-slab.ts';
import { powerOfTwo } from './counter-ring.ts';
import type { HistogramBuilder } from './latency-histogram.ts';

/** Latency sketches of the latest slots, kept as CounterRing keeps its counters. */
export class SketchRing {
  readonly size: number;
  readonly #mask: number;
  readonly #slab: BucketSlab;
  readonly #indices: Int32Array;
  readonly #sketches: Uint32Array;

  constructor(slots: number, slab: BucketSlab) {
    this.size = powerOfTwo(slots);
    this.#mask = this.size - 1;
    this.#slab = slab;
    this.#indices = new Int32Array(this.size);
    this.#sketches = new Uint32Array(this.size);
  }

  add(index: number, bucket: number, count: number): void {
    const at = this.#slot(index);
    this.#sketches[at] = this.#slab.add(this.#sketches[at]!, bucket, count);
  }

  clear(index: number): void {
    this.#clear(this.#slot(index));
  }

  /** Adds the slot to what stands in the room already. */
  addTo(room: HistogramBuilder, index: number): void {
    const at = index & this.#mask;
    if (this.#indices[at] === (index | 0)) this.#slab.addTo(room, this.#sketches[at]!);
  }

  dropAfter(index: number): void {
    for (let at = 0; at < this.size; at++) {
      if (((this.#indices[at]! - index) | 0) > 0) this.#clear(at);
    }
  }

  /** Gives the buckets of every slot before the given one back. */
  dropBefore(index: number): void {
    for (let at = 0; at < this.size; at++) {
      if (this.#sketches[at] !== EMPTY_SKETCH && ((this.#indices[at]! - index) | 0) < 0) this.#clear(at);
    }
  }

  /** Gives everything back; the ring is of no use afterwards. */
  release(): void {
    for (let at = 0; at < this.size; at++) this.#clear(at);
  }

  #slot(index: number): number {
    const at = index & this.#mask;
    if (this.#indices[at] !== (index | 0)) {
      this.#clear(at);
      this.#indices[at] = index;
    }
    return at;
  }

  #clear(at: number): void {
    this.#slab.release(this.#sketches[at]!);
    this.#sketches[at] = EMPTY_SKETCH;
  }
}
