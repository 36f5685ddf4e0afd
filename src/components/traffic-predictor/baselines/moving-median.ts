import type { PointForecaster } from './point-forecaster.ts';

/**
 * The median of the last `length` known values: the calm level, which bursts of less than half that length do not
 * move.
 */
export class MovingMedian implements PointForecaster {
  readonly #horizon: number;
  readonly #ring: Float64Array;
  readonly #sorted: Float64Array;
  #known = 0;

  constructor(horizon: number, length: number) {
    this.#horizon = horizon;
    this.#ring = new Float64Array(length);
    this.#sorted = new Float64Array(length);
  }

  get median(): number {
    const count = Math.min(this.#known, this.#ring.length);
    if (count === 0) return Number.NaN;
    const upper = this.#sorted[count >> 1]!;
    return count % 2 === 1 ? upper : (this.#sorted[(count >> 1) - 1]! + upper) / 2;
  }

  advance(value: number): void {
    if (Number.isNaN(value)) return;
    const { length } = this.#ring;
    const slot = this.#known % length;
    let count = Math.min(this.#known, length);
    if (count === length) {
      const gone = this.#place(this.#ring[slot]!, count);
      this.#sorted.copyWithin(gone, gone + 1, count);
      count -= 1;
    }
    const place = this.#place(value, count);
    this.#sorted.copyWithin(place + 1, place, count);
    this.#sorted[place] = value;
    this.#ring[slot] = value;
    this.#known += 1;
  }

  forecast(out: Float64Array | Float32Array, at: number): void {
    out.fill(this.median, at, at + this.#horizon);
  }

  /** How many of the first `count` sorted values are smaller. */
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
