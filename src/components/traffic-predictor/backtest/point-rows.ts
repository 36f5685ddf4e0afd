import type { PointForecaster } from '../baselines/point-forecaster.ts';
import { SortedWindow } from '../baselines/sorted-window.ts';
import { LEVELS } from '../mixture/levels.ts';
import { foldInOutage } from '../mixture/outage-forecast.ts';
import { OutageWatch } from '../mixture/outage-watch.ts';
import type { QuantileRows } from './quantile-rows.ts';

/** Residuals of each step ahead that the quantiles rest on. */
const RESIDUALS = 1000;

/**
 * Makes quantile forecasts of a method that only says points: for each step ahead the point plus the conformal quantile
 * of its own last 1,000 residuals, the ⌈(n+1)·level⌉-th smallest (Lei et al. 2018, section 2.2); the median is the point.
 * Where the method says nothing, the last value stands in for it. Outages recorded as zeros are kept from it as they are
 * from the forecaster itself, and served alike.
 */
export class PointRows {
  readonly #horizon: number;
  readonly #watch = new OutageWatch();
  readonly #windows: readonly SortedWindow[];
  /** [horizon × horizon]: what was said at the last origins, by origin modulo horizon. */
  readonly #said: Float64Array;
  #last = Number.NaN;

  constructor(horizon: number) {
    this.#horizon = horizon;
    this.#windows = Array.from({ length: horizon }, () => new SortedWindow(RESIDUALS));
    this.#said = new Float64Array(horizon * horizon).fill(Number.NaN);
  }

  run(forecaster: PointForecaster, values: Float64Array, origins: Int32Array): QuantileRows {
    const perOrigin = this.#horizon * LEVELS.length;
    const quantiles = new Float64Array(origins.length * perOrigin);
    let step = 0;
    origins.forEach((origin, i) => {
      for (; step <= origin; step++) this.#advance(forecaster, step, values[step]!);
      this.#write(origin, quantiles.subarray(i * perOrigin, (i + 1) * perOrigin));
    });
    return { horizon: this.#horizon, origins, quantiles };
  }

  #advance(forecaster: PointForecaster, step: number, told: number): void {
    const value = this.#watch.take(told);
    const known = !Number.isNaN(value);
    for (let h = 0; h < this.#horizon; h++) {
      const residual = value - this.#said[this.#at(step - h - 1) + h]!;
      if (!Number.isNaN(residual)) this.#windows[h]!.add(residual);
    }
    if (known) this.#last = value;
    forecaster.advance(value);
    const at = this.#at(step);
    forecaster.forecast(this.#said, at);
    for (let i = at; i < at + this.#horizon; i++) {
      if (Number.isNaN(this.#said[i]!)) this.#said[i] = this.#last;
    }
  }

  #at(origin: number): number {
    return ((origin + this.#horizon) % this.#horizon) * this.#horizon;
  }

  #write(origin: number, quantiles: Float64Array): void {
    for (let h = 0; h < this.#horizon; h++) {
      let least = Math.max(0, this.#said[this.#at(origin) + h]!);
      LEVELS.forEach((level, q) => {
        const offset = q === 0 ? 0 : conformalQuantile(this.#windows[h]!, level);
        least = Math.max(least, this.#said[this.#at(origin) + h]! + offset);
        quantiles[h * LEVELS.length + q] = least;
      });
    }
    const { outageSteps } = this.#watch;
    if (outageSteps > 0) foldInOutage(outageSteps, quantiles, new Float64Array(this.#horizon));
  }
}

function conformalQuantile(residuals: SortedWindow, level: number): number {
  const { count } = residuals;
  if (count === 0) return 0;
  return residuals.at(Math.min(count, Math.ceil((count + 1) * level - 1e-9)) - 1);
}
