import { findPeriod } from './find-period.ts';
import type { PointForecaster } from './point-forecaster.ts';
import type { SeasonalPast } from './seasonal-past.ts';

/** Steps between two searches for a period, and the longest stretch that is searched. */
const STEPS_PER_SEARCH = 720;
const SEARCHED_STEPS = 1440;
const LEAST_STEPS = 24;

/**
 * Seasonal naive: what was there one period ago. The period is a given one, or the one that autocorrelation finds in
 * the newest steps, searched anew every few hours. Its past is advanced by who owns it.
 */
export class SeasonalValue implements PointForecaster {
  readonly #horizon: number;
  readonly #past: SeasonalPast;
  readonly #fixed: boolean;
  readonly #turn: number;
  #period: number | undefined;
  #steps = 0;
  #next = LEAST_STEPS;

  /**
   * @param period steps; absent: found from the data
   * @param turn steps by which later searches are put off, so that many series do not all search at the same step
   */
  constructor(horizon: number, past: SeasonalPast, period?: number, turn = 0) {
    this.#horizon = horizon;
    this.#past = past;
    this.#fixed = period !== undefined;
    this.#period = period;
    this.#turn = turn;
  }

  advance(_value: number): void {
    this.#steps += 1;
    if (this.#fixed || this.#steps !== this.#next) return;
    // Rarer as there is more: at double the steps, and in the end twice a day of minutes.
    const settles = this.#steps < STEPS_PER_SEARCH && 2 * this.#steps >= STEPS_PER_SEARCH;
    this.#next += Math.min(this.#steps, STEPS_PER_SEARCH) + (settles ? this.#turn % STEPS_PER_SEARCH : 0);
    this.#period = findPeriod(this.#past.recent(SEARCHED_STEPS));
  }

  forecast(out: Float64Array | Float32Array, at: number): void {
    const period = this.#period;
    for (let h = 1; h <= this.#horizon; h++) {
      out[at + h - 1] =
        period === undefined ? Number.NaN : this.#past.valueAt(period * Math.ceil(h / period) - h);
    }
  }
}
