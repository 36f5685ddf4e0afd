import type { MovingMedian } from './moving-median.ts';
import type { PointForecaster } from './point-forecaster.ts';
import { type SeasonalPast, seasonsBefore } from './seasonal-past.ts';
import { solveRidge } from './solve-ridge.ts';
import type { WindowMeans } from './window-means.ts';

/** What a regression looks at beside the series itself; advanced by who owns it. */
export interface RidgeSurroundings {
  /** Means over several windows, each a feature. */
  readonly means: WindowMeans;
  readonly past: SeasonalPast;
  /** A moving median as a feature. */
  readonly calm?: MovingMedian;
}

export interface RidgeSettings {
  /** Single last values that are features. */
  readonly lags: number;
  /** Seasons, steps: what was there that long ago is a feature too. */
  readonly periods: readonly number[];
  /** Regression on square roots: even variance for counts, and the median rather than the mean of skewed traffic. */
  readonly root: boolean;
  /** Weighs rows by 1/|error| too, so that the fit goes to the median (iteratively reweighted least squares). */
  readonly absolute: boolean;
  /** Share of the features' mean variance that is added to each; it draws the forecast towards the last value. */
  readonly penalty: number;
  /** Rows older than about this many count no more. */
  readonly memorySteps: number;
  /** Steps by which its work comes earlier, so that many regressions do not all fit at the same step. */
  readonly turn: number;
}

/** A few lags learn fast. */
export const FEW_LAGS: RidgeSettings = {
  lags: 8,
  periods: [],
  root: false,
  absolute: false,
  penalty: 0.1,
  memorySteps: 5000,
  turn: 0,
};

/** As if this many rows had said that the last value stays. */
const PRIOR_ROWS = 50;
/** A fit holds until there is this share more to learn from, and at most so many steps. */
const NEW_SHARE = 1 / 64;
const MOST_STEPS_PER_FIT = 64;
/** A larger regression fits, and once it has this many rows also learns, only at one step in size / 16, for all of them. */
const SIZE_PER_STEP = 16;
const SETTLED_ROWS = 1000;
const FEATURES_PER_SEASON = 3;
/** A spread is never taken for less than this share of the level. */
const LEAST_SPREAD = 0.02;

/**
 * Ridge autoregression (Hoerl & Kennard 1970), one direct regression for each step ahead, on shared features: the last
 * values, means over windows, and how one day and one week ago went on, all as differences to the last value, as is the
 * target. Hence it scales with the series, and with nothing learned it is the naive forecast. Rows are weighted by the
 * inverse square of the local spread. The moments fade with age and are solved anew every few steps.
 */
export class RidgeRegression implements PointForecaster {
  readonly #horizon: number;
  readonly #settings: RidgeSettings;
  readonly #around: RidgeSurroundings;
  readonly #size: number;
  /** The features of the newest horizon + 1 steps, a row each; and the values, spreads and gaps of the same steps. */
  readonly #features: Float32Array;
  readonly #values: Float64Array;
  readonly #spreads: Float64Array;
  readonly #lags: Float64Array;
  /** Lower triangle, row by row. */
  readonly #gram: Float32Array;
  /** [features × horizon] */
  readonly #moments: Float32Array;
  readonly #weights: Float32Array;
  readonly #changes: Float64Array;
  #step = -1;
  #known = 0;
  #knownInARow = 0;
  #last = Number.NaN;
  #lastRaw = Number.NaN;
  #spread = 0;
  #level = 0;
  #rows = 0;

  constructor(horizon: number, settings: RidgeSettings, around: RidgeSurroundings) {
    this.#horizon = horizon;
    this.#settings = settings;
    this.#around = around;
    const size =
      settings.lags +
      around.means.windows.length +
      FEATURES_PER_SEASON * settings.periods.length +
      (around.calm === undefined ? 0 : 1);
    this.#size = size;
    this.#features = new Float32Array((horizon + 1) * size);
    this.#values = new Float64Array(horizon + 1);
    this.#spreads = new Float64Array(horizon + 1);
    this.#lags = new Float64Array(settings.lags + 1).fill(Number.NaN);
    this.#gram = new Float32Array((size * (size + 1)) / 2);
    this.#moments = new Float32Array(size * horizon);
    this.#weights = new Float32Array(size * horizon);
    this.#changes = new Float64Array(horizon);
  }

  advance(value: number): void {
    this.#step += 1;
    if (!Number.isNaN(value)) this.#lastRaw = value;
    this.#take(this.#settings.root ? Math.sqrt(value) : value);
    if (this.#known === 0) return;
    const turn = this.#step + this.#settings.turn;
    const least = Math.ceil(this.#size / SIZE_PER_STEP);
    const stride = this.#rows < SETTLED_ROWS ? 1 : least;
    if (this.#knownInARow > this.#horizon && turn % stride === 0) this.#learn(stride);
    this.#describe();
    const holds = Math.max(least, Math.min(MOST_STEPS_PER_FIT, Math.floor(this.#rows * NEW_SHARE)));
    if (turn % holds === 0) this.#fit();
  }

  forecast(out: Float64Array | Float32Array, at: number): void {
    this.#predict(this.#slot(0) * this.#size);
    for (let h = 0; h < this.#horizon; h++) {
      const change = Math.max(-this.#last, this.#changes[h]!);
      // As a change, so that no change gives back the last value to the last bit.
      out[at + h] = this.#lastRaw + (this.#settings.root ? change * (2 * this.#last + change) : change);
    }
  }

  #slot(stepsAgo: number): number {
    return (this.#step - stepsAgo) % (this.#horizon + 1);
  }

  #take(value: number): void {
    if (Number.isNaN(value)) {
      this.#knownInARow = 0;
    } else {
      const step = this.#known === 0 ? 0 : Math.abs(value - this.#last);
      this.#known += 1;
      this.#knownInARow += 1;
      const weight = Math.max(LEAST_SPREAD, 1 / this.#known);
      this.#spread += weight * (step - this.#spread);
      this.#level += weight * (value - this.#level);
      this.#last = value;
    }
    this.#lags.copyWithin(1, 0);
    this.#lags[0] = this.#last;
    this.#values[this.#slot(0)] = this.#last;
    this.#spreads[this.#slot(0)] = Math.max(this.#spread, LEAST_SPREAD * this.#level);
  }

  /** The row of the origin one horizon ago, whose targets are all known now. */
  #learn(stride: number): void {
    const { absolute, memorySteps } = this.#settings;
    const size = this.#size;
    const origin = this.#slot(this.#horizon);
    const spread = this.#spreads[origin]!;
    if (!(spread > 0)) return;
    const row = origin * size;
    const base = this.#values[origin]!;
    const weight = absolute
      ? 1 / (spread * Math.max(this.#meanError(row, base), 0.3 * spread))
      : spread ** -2;
    const keep = 1 - stride / memorySteps;
    this.#rows = this.#rows * keep + stride;
    const horizon = this.#horizon;
    for (let h = 0; h < horizon; h++) {
      this.#changes[h] = this.#values[this.#slot(horizon - 1 - h)]! - base;
    }
    this.#fold(this.#features.subarray(row, row + size), weight, keep);
  }

  /** Adds the row with the targets in `#changes` to the moments. */
  #fold(features: Float32Array, weight: number, keep: number): void {
    // Local names: the loops below are most of a step's work.
    const [gram, moments, changes, horizon] = [this.#gram, this.#moments, this.#changes, this.#horizon];
    let cell = 0;
    let k = 0;
    for (let i = 0; i < features.length; i++) {
      const weighted = weight * features[i]!;
      for (let j = 0; j <= i; j++, cell++) gram[cell] = gram[cell]! * keep + weighted * features[j]!;
      for (let h = 0; h < horizon; h++, k++) moments[k] = moments[k]! * keep + weighted * changes[h]!;
    }
  }

  #meanError(row: number, base: number): number {
    this.#predict(row);
    let sum = 0;
    for (let h = 0; h < this.#horizon; h++) {
      const target = this.#values[this.#slot(this.#horizon - 1 - h)]! - base;
      sum += Math.abs(target - this.#changes[h]!);
    }
    return sum / this.#horizon;
  }

  #describe(): void {
    let k = this.#slot(0) * this.#size;
    const last = this.#last;
    for (let lag = 1; lag <= this.#settings.lags; lag++) {
      const value = this.#lags[lag]!;
      this.#features[k++] = Number.isNaN(value) ? 0 : value - last;
    }
    for (const mean of this.#around.means.means) this.#features[k++] = this.#difference(mean);
    for (const period of this.#settings.periods) {
      for (let i = 0; i < FEATURES_PER_SEASON; i++) {
        const ahead = Math.round((i * this.#horizon) / (FEATURES_PER_SEASON - 1));
        this.#features[k++] = this.#difference(this.#around.past.valueAt(seasonsBefore(period, ahead)));
      }
    }
    if (this.#around.calm !== undefined) this.#features[k] = this.#difference(this.#around.calm.median);
  }

  #difference(value: number): number {
    if (Number.isNaN(value)) return 0;
    return (this.#settings.root ? Math.sqrt(value) : value) - this.#last;
  }

  #fit(): void {
    const share = this.#settings.penalty * (1 + PRIOR_ROWS / (this.#rows + 1));
    solveRidge(this.#gram, this.#moments, this.#size, this.#horizon, share, this.#weights);
  }

  /** Changes from the last value by step ahead, into `#changes`. */
  #predict(row: number): void {
    const [features, weights, changes, horizon] = [
      this.#features,
      this.#weights,
      this.#changes,
      this.#horizon,
    ];
    changes.fill(0);
    let k = 0;
    for (let i = row; i < row + this.#size; i++) {
      const feature = features[i]!;
      for (let h = 0; h < horizon; h++, k++) changes[h]! += feature * weights[k]!;
    }
  }
}
