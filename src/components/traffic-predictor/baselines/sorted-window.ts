/** The newest values in order of size: ranks of a moving window, an insertion a step. */
export class SortedWindow {
  readonly #ring: Float64Array;
  readonly #sorted: Float64Array;
  #taken = 0;

  constructor(length: number) {
    this.#ring = new Float64Array(length);
    this.#sorted = new Float64Array(length);
  }

  get count(): number {
    return Math.min(this.#taken, this.#ring.length);
  }

  /** The value of that rank, 0 the smallest. */
  at(rank: number): number {
    return this.#sorted[rank]!;
  }

  add(value: number): void {
    const slot = this.#taken % this.#ring.length;
    let count = this.count;
    if (count === this.#ring.length) {
      const gone = this.#place(this.#ring[slot]!, count);
      this.#sorted.copyWithin(gone, gone + 1, count);
      count -= 1;
    }
    const place = this.#place(value, count);
    this.#sorted.copyWithin(place + 1, place, count);
    this.#sorted[place] = value;
    this.#ring[slot] = value;
    this.#taken += 1;
  }

  /** How many of the first `count` are smaller. */
  #place(value: number, count: number): number {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sorted[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
