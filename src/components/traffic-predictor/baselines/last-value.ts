import type { PointForecaster } from './point-forecaster.ts';

/** Naive: the last known value stays. The best forecast of a random walk. */
export class LastValue implements PointForecaster {
  readonly #horizon: number;
  #last = Number.NaN;

  constructor(horizon: number) {
    this.#horizon = horizon;
  }

  advance(value: number): void {
    if (!Number.isNaN(value)) this.#last = value;
  }

  forecast(out: Float64Array | Float32Array, at: number): void {
    out.fill(this.#last, at, at + this.#horizon);
  }
}
