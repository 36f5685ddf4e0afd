import type { PointForecaster } from './point-forecaster.ts';

/** The mean of the last `length` known values. */
export class MovingMean implements PointForecaster {
  readonly #horizon: number;
  readonly #ring: Float64Array;
  #known = 0;

  constructor(horizon: number, length: number) {
    this.#horizon = horizon;
    this.#ring = new Float64Array(length);
  }

  advance(value: number): void {
    if (Number.isNaN(value)) return;
    this.#ring[this.#known % this.#ring.length] = value;
    this.#known += 1;
  }

  forecast(out: Float64Array | Float32Array, at: number): void {
    const count = Math.min(this.#known, this.#ring.length);
    let sum = 0;
    for (let i = 0; i < count; i++) sum += this.#ring[i]!;
    out.fill(count === 0 ? Number.NaN : sum / count, at, at + this.#horizon);
  }
}
