import { BUCKET_COUNT } from './latency-buckets.ts';
import type { HistogramBuilder } from './latency-histogram.ts';

/** Buckets of one chunk. Real latencies of ten seconds lie close together: small chunks waste little. */
const CHUNK_BUCKETS = 16;
const BUCKET_BITS = 4;
/** Two words before the buckets: the next chunk of the same sketch, and which buckets these are. */
const KEY = 1;
const HEADER = 2;
const STRIDE = CHUNK_BUCKETS + HEADER;
const PAGE_BITS = 12;
const PAGE_CHUNKS = 1 << PAGE_BITS;
const LARGEST_COUNT = 2 ** 32 - 1;

export const CHUNK_BYTES = STRIDE * Uint32Array.BYTES_PER_ELEMENT;

/** The sketch without any latency. */
export const EMPTY_SKETCH = 0;

/**
 * The buckets of all sketches. A sketch is a list of chunks and is known by its first one; chunks are taken when a
 * latency first needs them and given back with their sketch, so memory follows what is really there.
 *
 * When `maxChunks` are in use, a latency goes to the nearest bucket that its sketch has: the error of that sketch
 * is then larger than stated, and `collapsed` counts it. A bucket stops counting at 2^32 − 1.
 */
export class BucketSlab {
  readonly #maxChunks: number;
  readonly #pages: Uint32Array[] = [];
  /** First chunk of the list of free ones, and the first chunk that was never used. Chunk 0 stands for none. */
  #free = 0;
  #untouched = 1;
  #used = 0;
  #collapsed = 0;

  constructor(maxChunks: number) {
    this.#maxChunks = maxChunks;
  }

  get usedChunks(): number {
    return this.#used;
  }

  /** Requests whose latency was counted in the nearest bucket (or not at all) because all chunks were in use. */
  get collapsed(): number {
    return this.#collapsed;
  }

  /** Bytes that are reserved; what sketches give back is used again, not given to the system. */
  get reservedBytes(): number {
    return this.#pages.length * PAGE_CHUNKS * CHUNK_BYTES;
  }

  /** Counts in a bucket of a sketch and returns the sketch, which is another value only when it was empty. */
  add(sketch: number, bucket: number, count: number): number {
    const key = bucket >> BUCKET_BITS;
    let last = 0;
    for (let chunk = sketch; chunk !== 0; ) {
      const page = this.#pages[chunk >> PAGE_BITS]!;
      const at = (chunk & (PAGE_CHUNKS - 1)) * STRIDE;
      if (page[at + KEY] === key) {
        increase(page, at + HEADER + (bucket & (CHUNK_BUCKETS - 1)), count);
        return sketch;
      }
      last = chunk;
      chunk = page[at]!;
    }
    return this.#addToNewChunk(sketch, last, bucket, count);
  }

  /** Adds a sketch to what stands in the room already. */
  addTo(room: HistogramBuilder, sketch: number): void {
    const { counts } = room;
    for (let chunk = sketch; chunk !== 0; ) {
      const page = this.#pages[chunk >> PAGE_BITS]!;
      const at = (chunk & (PAGE_CHUNKS - 1)) * STRIDE;
      const first = page[at + KEY]! << BUCKET_BITS;
      const end = Math.min(CHUNK_BUCKETS, BUCKET_COUNT - first);
      for (let i = 0; i < end; i++) counts[first + i]! += page[at + HEADER + i]!;
      room.reach(first, first + end);
      chunk = page[at]!;
    }
  }

  /** Gives all chunks of a sketch back. */
  release(sketch: number): void {
    for (let chunk = sketch; chunk !== 0; ) {
      const page = this.#pages[chunk >> PAGE_BITS]!;
      const at = (chunk & (PAGE_CHUNKS - 1)) * STRIDE;
      const next = page[at]!;
      page[at] = this.#free;
      this.#free = chunk;
      this.#used--;
      chunk = next;
    }
  }

  #addToNewChunk(sketch: number, last: number, bucket: number, count: number): number {
    if (this.#used >= this.#maxChunks) return this.#addToNearest(sketch, bucket, count);
    const chunk = this.#take();
    const page = this.#pages[chunk >> PAGE_BITS]!;
    const at = (chunk & (PAGE_CHUNKS - 1)) * STRIDE;
    page.fill(0, at, at + STRIDE);
    page[at + KEY] = bucket >> BUCKET_BITS;
    increase(page, at + HEADER + (bucket & (CHUNK_BUCKETS - 1)), count);
    if (last === 0) return chunk;
    // At the end: the chunks that are needed first are those that are needed most.
    this.#pages[last >> PAGE_BITS]![(last & (PAGE_CHUNKS - 1)) * STRIDE] = chunk;
    return sketch;
  }

  #take(): number {
    this.#used++;
    const chunk = this.#free;
    if (chunk !== 0) {
      this.#free = this.#pages[chunk >> PAGE_BITS]![(chunk & (PAGE_CHUNKS - 1)) * STRIDE]!;
      return chunk;
    }
    const page = this.#untouched >> PAGE_BITS;
    if (page === this.#pages.length) this.#pages.push(new Uint32Array(PAGE_CHUNKS * STRIDE));
    return this.#untouched++;
  }

  #addToNearest(sketch: number, bucket: number, count: number): number {
    this.#collapsed += count;
    const wanted = bucket >> BUCKET_BITS;
    let nearest = -1;
    for (let chunk = sketch; chunk !== 0; ) {
      const page = this.#pages[chunk >> PAGE_BITS]!;
      const at = (chunk & (PAGE_CHUNKS - 1)) * STRIDE;
      const key = page[at + KEY]!;
      if (nearest < 0 || Math.abs(key - wanted) < Math.abs(nearest - wanted)) nearest = key;
      chunk = page[at]!;
    }
    if (nearest < 0) return EMPTY_SKETCH;
    const edge = nearest < wanted ? CHUNK_BUCKETS - 1 : 0;
    const inRange = Math.min((nearest << BUCKET_BITS) + edge, BUCKET_COUNT - 1);
    return this.add(sketch, inRange, count);
  }
}

function increase(page: Uint32Array, at: number, count: number): void {
  page[at] = Math.min(page[at]! + count, LARGEST_COUNT);
}
