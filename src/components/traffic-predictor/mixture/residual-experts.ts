import { HourlyResiduals } from './hourly-residuals.ts';
import { LEVELS } from './levels.ts';
import { ResidualQuantiles } from './residual-quantiles.ts';

/** Local scales of a residual: none, √level (counts), level, and its own recent size over two memories. */
const SCALES = 5;
const ROOT = 1;
const RECENT_STEPS = [30, 100];
/** Column of the quantiles by minute of the hour; for the median, the forecast as it is. */
const HOURLY = SCALES;
/** Weight of a step in the level; a forecast is never taken for less than a quarter of it. */
const LEVEL_WEIGHT = 0.03;
const LEAST_SHARE = 0.25;

/** Answers beside the one from outside. */
export const RESIDUAL_EXPERTS = SCALES + 1;

/**
 * Ways to say how far the truth lies from a point forecast: quantiles of past residuals of the same step ahead, each in
 * another local scale, since request traffic is noisier when there is more of it, after it was noisy, and at some
 * minutes of the hour.
 */
export class ResidualExperts {
  readonly #quantiles: readonly ResidualQuantiles[];
  readonly #hourly: HourlyResiduals;
  readonly #sizes: readonly Float64Array[];
  readonly #counts: Float64Array;
  #level = 0;
  #known = 0;

  constructor(horizon: number, stepSeconds: number) {
    this.#quantiles = Array.from({ length: SCALES }, () => new ResidualQuantiles(horizon));
    this.#hourly = new HourlyResiduals(horizon, stepSeconds);
    this.#sizes = RECENT_STEPS.map(() => new Float64Array(horizon));
    this.#counts = new Float64Array(horizon);
  }

  /** Before the residuals of a known step are taken. */
  advance(rate: number): void {
    this.#known += 1;
    this.#level += Math.max(LEVEL_WEIGHT, 1 / this.#known) * (rate - this.#level);
    for (const quantiles of this.#quantiles) quantiles.fade();
  }

  /** Past residuals h steps ahead (from 0), at most about 1,000. */
  count(h: number): number {
    return this.#quantiles[0]!.count(h);
  }

  /** Writes the scales that hold now for a point forecast h steps ahead (from 0): `scales[at … at + SCALES − 1]`. */
  scale(h: number, point: number, scales: Float32Array, at: number): void {
    const level = Math.max(point, LEAST_SHARE * this.#level);
    scales[at] = 1;
    scales[at + ROOT] = Math.sqrt(level);
    scales[at + 2] = level;
    for (let i = 0; i < this.#sizes.length; i++) scales[at + 3 + i] = this.#sizes[i]![h]!;
  }

  /**
   * Writes the quantiles around a point forecast of `step`, in the form of `PolyMixer`: `said[at + q * stride + k]`.
   */
  say(
    h: number,
    step: number,
    point: number,
    scales: Float32Array,
    scalesAt: number,
    said: Float32Array,
    at: number,
    stride: number,
  ): void {
    for (let q = 0; q < LEVELS.length; q++) {
      const row = at + q * stride;
      for (let k = 0; k < SCALES; k++) {
        const offset = this.#quantiles[k]!.quantile(h, LEVELS[q]!) * scales[scalesAt + k]!;
        said[row + k] = Math.max(0, point + offset);
      }
      const hourly = q === 0 ? 0 : this.#hourly.quantile(h, step, LEVELS[q]!) * scales[scalesAt + ROOT]!;
      said[row + HOURLY] = point + hourly;
    }
  }

  /** Takes the residual of the forecast of `step` that was made h steps ahead (from 0), with its scales of then. */
  take(h: number, step: number, residual: number, scales: Float32Array, at: number): void {
    for (let k = 0; k < SCALES; k++) {
      const scale = scales[at + k]!;
      if (scale > 0) this.#quantiles[k]!.take(h, residual / scale);
    }
    if (scales[at + ROOT]! > 0) this.#hourly.take(h, step, residual / scales[at + ROOT]!);
    this.#counts[h]! += 1;
    for (let i = 0; i < this.#sizes.length; i++) {
      const sizes = this.#sizes[i]!;
      const weight = Math.max(1 / RECENT_STEPS[i]!, 1 / this.#counts[h]!);
      sizes[h]! += weight * (Math.abs(residual) - sizes[h]!);
    }
  }
}

export const RESIDUAL_SCALES = SCALES;
