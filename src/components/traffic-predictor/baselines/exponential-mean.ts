import type { PointForecaster } from './point-forecaster.ts';

/**
 * Exponentially weighted moving average (Brown 1956): level += α·(value − level), the same for every step ahead. Over
 * a gap the old level fades as if values had come: the first after g missing steps has weight 1 − (1 − α)^(g + 1)
 * (Wright 1986), so a long outage ends in a fresh start.
 */
export class ExponentialMean implements PointForecaster {
  readonly #horizon: number;
  readonly #keep: number;
  #level = Number.NaN;
  #kept = 1;

  /** @param weight α of the newest value, above 0 and at most 1 */
  constructor(horizon: number, weight: number) {
    this.#horizon = horizon;
    this.#keep = 1 - weight;
  }

  advance(value: number): void {
    this.#kept *= this.#keep;
    if (Number.isNaN(value)) return;
    if (Number.isNaN(this.#level)) this.#level = value;
    else this.#level += (1 - this.#kept) * (value - this.#level);
    this.#kept = 1;
  }

  forecast(out: Float64Array | Float32Array, at: number): void {
    out.fill(this.#level, at, at + this.#horizon);
  }
}
