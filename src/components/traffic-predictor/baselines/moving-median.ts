import type { PointForecaster } from './point-forecaster.ts';
import { SortedWindow } from './sorted-window.ts';

/**
 * The median of the last `length` known values: the calm level, which bursts of less than half that length do not
 * move.
 */
export class MovingMedian implements PointForecaster {
  readonly #horizon: number;
  readonly #window: SortedWindow;

  constructor(horizon: number, length: number) {
    this.#horizon = horizon;
    this.#window = new SortedWindow(length);
  }

  get median(): number {
    const { count } = this.#window;
    if (count === 0) return Number.NaN;
    const upper = this.#window.at(count >> 1);
    return count % 2 === 1 ? upper : (this.#window.at((count >> 1) - 1) + upper) / 2;
  }

  advance(value: number): void {
    if (!Number.isNaN(value)) this.#window.add(value);
  }

  forecast(out: Float64Array | Float32Array, at: number): void {
    out.fill(this.median, at, at + this.#horizon);
  }
}
