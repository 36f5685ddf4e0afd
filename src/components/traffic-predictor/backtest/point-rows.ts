import type { PointForecaster } from '../baselines/point-forecaster.ts';
import { SortedWindow } from '../baselines/sorted-window.ts';
import { LEVELS } from '../mixture/levels.ts';
import { OutageWatch } from '../mixture/outage-watch.ts';
import type { QuantileRows } from './quantile-rows.ts';
import { pinballLoss } from './scores.ts';

/** Residuals of each step ahead that the quantiles rest on. */
const RESIDUALS = 1000;

/** Losses older than about this many steps no longer decide. */
const MEMORY_STEPS = 1000;

/**
 * Makes quantile forecasts of a method that only says points: for each step ahead the point plus the conformal quantile
 * of its own last 1,000 residuals, the ⌈(n+1)·level⌉-th smallest (Lei et al. 2018, section 2.2); the median is the point.
 * It is done twice: with every zero as traffic, and with outages kept from the method and served as they are by the
 * forecaster itself (`outage-watch.ts`). At each origin that speaks which had the less pinball loss of late.
 *
 * @param make the method, anew
 */
export function pointRows(
  make: () => PointForecaster,
  values: Float64Array,
  origins: Int32Array,
  horizon: number,
  stepSeconds: number,
): QuantileRows {
  const plain = new PointTrack(make(), horizon);
  const watched = new PointTrack(make(), horizon, new OutageWatch(horizon, stepSeconds));
  const perOrigin = horizon * LEVELS.length;
  const quantiles = new Float64Array(origins.length * perOrigin);
  let step = 0;
  origins.forEach((origin, i) => {
    for (; step <= origin; step++) {
      plain.advance(step, values[step]!);
      watched.advance(step, values[step]!);
    }
    const better = watched.loss < plain.loss ? watched : plain;
    quantiles.set(better.served, i * perOrigin);
  });
  return { horizon, origins, quantiles };
}

/** One method along one series, with what it serves at the newest step and how well it did. */
class PointTrack {
  /** [horizon × LEVELS] */
  readonly served: Float64Array;
  /** Faded sum of the pinball losses of all levels at the longest step ahead. */
  loss = 0;
  readonly #horizon: number;
  readonly #forecaster: PointForecaster;
  readonly #watch: OutageWatch | undefined;
  readonly #windows: readonly SortedWindow[];
  /** By origin modulo horizon, [horizon × horizon] what was said, and [horizon × LEVELS] served for the last step. */
  readonly #said: Float64Array;
  readonly #farthest: Float64Array;
  readonly #maximum: Float64Array;
  #last = Number.NaN;

  constructor(forecaster: PointForecaster, horizon: number, watch?: OutageWatch) {
    this.#forecaster = forecaster;
    this.#horizon = horizon;
    this.#watch = watch;
    this.#windows = Array.from({ length: horizon }, () => new SortedWindow(RESIDUALS));
    this.#said = new Float64Array(horizon * horizon).fill(Number.NaN);
    this.#farthest = new Float64Array(horizon * LEVELS.length).fill(Number.NaN);
    this.#maximum = new Float64Array(horizon);
    this.served = new Float64Array(horizon * LEVELS.length);
  }

  advance(step: number, told: number): void {
    this.#score(step, told);
    const value = this.#watch === undefined ? told : this.#watch.take(told);
    for (let h = 0; h < this.#horizon; h++) {
      const residual = value - this.#said[this.#at(step - h - 1) + h]!;
      if (!Number.isNaN(residual)) this.#windows[h]!.add(residual);
    }
    if (!Number.isNaN(value)) this.#last = value;
    this.#forecaster.advance(value);
    const at = this.#at(step);
    this.#forecaster.forecast(this.#said, at);
    for (let i = at; i < at + this.#horizon; i++) {
      if (Number.isNaN(this.#said[i]!)) this.#said[i] = this.#last;
    }
    this.#serve(at);
    const farthest = this.served.subarray((this.#horizon - 1) * LEVELS.length);
    this.#farthest.set(farthest, (step % this.#horizon) * LEVELS.length);
  }

  #score(step: number, truth: number): void {
    const at = (step % this.#horizon) * LEVELS.length;
    if (Number.isNaN(truth) || Number.isNaN(this.#farthest[at]!)) return;
    this.loss *= 1 - 1 / MEMORY_STEPS;
    LEVELS.forEach((level, q) => {
      this.loss += pinballLoss(level, truth, this.#farthest[at + q]!);
    });
  }

  #at(origin: number): number {
    return ((origin + this.#horizon) % this.#horizon) * this.#horizon;
  }

  #serve(at: number): void {
    for (let h = 0; h < this.#horizon; h++) {
      let least = Math.max(0, this.#said[at + h]!);
      LEVELS.forEach((level, q) => {
        const offset = q === 0 ? 0 : conformalQuantile(this.#windows[h]!, level);
        least = Math.max(least, this.#said[at + h]! + offset);
        this.served[h * LEVELS.length + q] = least;
      });
    }
    this.#watch?.fold(this.served, this.#maximum);
  }
}

function conformalQuantile(residuals: SortedWindow, level: number): number {
  const { count } = residuals;
  if (count === 0) return 0;
  return residuals.at(Math.min(count, Math.ceil((count + 1) * level - 1e-9)) - 1);
}
