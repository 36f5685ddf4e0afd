import { HourlyResiduals } from './hourly-residuals.ts';
import { UPPER_LEVELS } from './levels.ts';
import { ResidualQuantiles } from './residual-quantiles.ts';
import { float64s } from './small-arrays.ts';

/** Local scales of a residual: none, √level (counts), and its own recent size. */
const SCALES = 3;
const ROOT = 1;
const RECENT = 2;
/** The recent size is the geometric mean of two memories: fewer would be noise, more would come late. */
const SHORT_STEPS = 30;
const LONG_STEPS = 1000;
/**
 * Residuals below this share of the long memory are those of a calm. They tell little of the noise that comes back after
 * it, so where the recent size is the scale only one in this many steps of them counts; the other scales take all of them,
 * and are right where the calm stays.
 */
const CALM_SHARE = 0.001;
const CALM_TURNS = 11;
/** A residual is taken for at most this many times the recent size. */
const MOST_RECENT = 50;
/** A forecast is taken for at most this many times the level, which runs out to nothing in a long rest. */
const MOST_LEVEL_GROWTH = 100;
/** Residuals that a recent size must rest on. */
const LEAST_RESIDUALS = 10;
/** Column of the quantiles by minute of the hour, in the scale √level. */
const HOURLY = SCALES;
/** Column of the plain residuals of one regression by itself: it may know a trend that the mixture does not yet. */
const REGRESSION = SCALES + 1;
/** Weight of a step in the level; a forecast is never taken for less than a quarter of it. */
const LEVEL_WEIGHT = 0.03;
const LEAST_SHARE = 0.25;

/** Answers beside the one from outside. */
export const RESIDUAL_EXPERTS = SCALES + 2;

/**
 * Ways to say how far the truth lies from a point forecast: quantiles of past residuals of the same step ahead, each in
 * another local scale, since request traffic is noisier when there is more of it, after it was noisy, and at some
 * minutes of the hour.
 */
export class ResidualExperts {
  readonly #quantiles: readonly ResidualQuantiles[];
  readonly #hourly: HourlyResiduals;
  readonly #ofRegression: ResidualQuantiles;
  /** Of residuals from the middle, in the scale √level. */
  readonly #medians: ResidualQuantiles;
  /** Mean |residual| by step ahead over the short and the long memory, and how many the long one has taken. */
  readonly #short: Float64Array;
  readonly #long: Float64Array;
  readonly #counts: Float64Array;
  readonly #row = float64s(UPPER_LEVELS.length);
  #level = 0;
  #known = 0;

  constructor(horizon: number, stepSeconds: number) {
    this.#quantiles = Array.from({ length: SCALES }, () => new ResidualQuantiles(horizon, UPPER_LEVELS));
    this.#ofRegression = new ResidualQuantiles(horizon, UPPER_LEVELS);
    this.#medians = new ResidualQuantiles(horizon, UPPER_LEVELS);
    this.#hourly = new HourlyResiduals(horizon, stepSeconds);
    this.#short = float64s(horizon);
    this.#long = float64s(horizon);
    this.#counts = float64s(horizon);
  }

  /** Before the residuals of a known step are taken. */
  advance(rate: number): void {
    this.#known += 1;
    this.#level += Math.max(LEVEL_WEIGHT, 1 / this.#known) * (rate - this.#level);
    for (const quantiles of this.#quantiles) quantiles.fade();
    this.#medians.fade();
    this.#ofRegression.fade();
  }

  /** Writes the scales that hold now for a point forecast h steps ahead (from 0): `scales[at … at + SCALES − 1]`. */
  scale(h: number, point: number, scales: Float32Array, at: number): void {
    const level = Math.max(point, LEAST_SHARE * this.#level);
    scales[at] = 1;
    scales[at + ROOT] = Math.sqrt(level);
    const settled = this.#counts[h]! >= LEAST_RESIDUALS && this.#level > 0;
    const growth = Math.min(MOST_LEVEL_GROWTH, level / this.#level);
    const size = Math.sqrt(this.#short[h]! * this.#long[h]! * growth);
    scales[at + RECENT] = settled ? size : Number.NaN;
  }

  /**
   * Writes the medians for the middle h steps ahead: as it is, and with the median of its past residuals, in the columns of
   * a row of `say`; NaN in the others.
   */
  sayMedian(
    h: number,
    middle: number,
    scales: Float32Array,
    scalesAt: number,
    said: Float32Array,
    at: number,
  ): void {
    const scale = scales[scalesAt + ROOT]!;
    for (let k = 0; k < RESIDUAL_EXPERTS; k++) said[at + k] = Number.NaN;
    said[at] = middle;
    if (scale > 0) said[at + ROOT] = middle + scale * this.#medians.median(h);
  }

  /**
   * Writes the upper quantiles around a point forecast of `step`, and around that of the regression (as changes, as they
   * are), in the form of `PolyMixer`: `said[at + q * stride + k]`, NaN where there is no scale yet.
   */
  say(
    h: number,
    step: number,
    point: number,
    regression: number,
    scales: Float32Array,
    scalesAt: number,
    said: Float32Array,
    at: number,
    stride: number,
  ): void {
    for (let k = 0; k < SCALES; k++) {
      const scale = scales[scalesAt + k]!;
      this.#quantiles[k]!.quantiles(h, this.#row);
      this.#write(point, scale > 0 || k === RECENT ? scale : Number.NaN, said, at + k, stride);
    }
    this.#hourly.quantiles(h, step, UPPER_LEVELS, this.#row);
    this.#write(point, scales[scalesAt + ROOT]!, said, at + HOURLY, stride);
    this.#ofRegression.quantiles(h, this.#row);
    this.#write(regression, 1, said, at + REGRESSION, stride);
  }

  #write(point: number, scale: number, said: Float32Array, at: number, stride: number): void {
    for (let q = 0; q < this.#row.length; q++) said[at + q * stride] = point + scale * this.#row[q]!;
  }

  /**
   * Takes the residual of the forecast of `step` that was made h steps ahead (from 0), with its scales of then.
   *
   * @param fromMiddle the residual from the middle, and `fromRegression` from the regression, `residual` being that from
   * where upper quantiles start
   */
  take(
    h: number,
    step: number,
    fromMiddle: number,
    residual: number,
    fromRegression: number,
    scales: Float32Array,
    at: number,
  ): void {
    const size = Math.abs(residual);
    this.#short[h]! += (size - this.#short[h]!) / Math.min(SHORT_STEPS, this.#counts[h]! + 1);
    // After a jump out of next to nothing the scale of then is no measure.
    const root = Math.max(scales[at + ROOT]!, Math.sqrt(LEAST_SHARE * this.#level));
    this.#quantiles[0]!.take(h, residual);
    this.#ofRegression.take(h, fromRegression);
    if (root > 0) {
      this.#medians.take(h, fromMiddle / root);
      this.#quantiles[ROOT]!.take(h, residual / root);
      this.#hourly.take(h, step, residual / root);
    }
    if (size < CALM_SHARE * this.#long[h]! && step % CALM_TURNS !== 0) return;
    this.#counts[h]! += 1;
    this.#long[h]! += (size - this.#long[h]!) / Math.min(LONG_STEPS, this.#counts[h]!);
    const recent = Math.max(scales[at + RECENT]!, LEAST_SHARE * this.#long[h]!);
    if (recent > 0) {
      this.#quantiles[RECENT]!.take(h, Math.max(-MOST_RECENT, Math.min(MOST_RECENT, residual / recent)));
    }
  }
}

export const RESIDUAL_SCALES = SCALES;
