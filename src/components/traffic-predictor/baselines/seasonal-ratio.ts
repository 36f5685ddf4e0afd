import type { BlockMeans } from './block-means.ts';
import type { PointForecaster } from './point-forecaster.ts';
import { seasonsBefore } from './seasonal-past.ts';

/** Steps that the present level is a mean over, in blocks of the past: the newest hour. */
const LEVEL_BLOCKS = 6;
/** How far the level may be from that of the season before. */
const MOST_RATIO = 3;

/**
 * The smooth course of one season ago, brought to the present level: level(t + h − S) times the ratio of the mean of
 * the newest hour to the mean of the same hour one season ago; as it was when nothing is known of the newest hour. The block means are shared, and advanced by who owns
 * them.
 */
export class SeasonalRatio implements PointForecaster {
  readonly #horizon: number;
  readonly #past: BlockMeans;
  readonly #period: number;
  readonly #weight: number;
  #now = Number.NaN;
  #unknown = 0;

  /** @param period steps */
  constructor(horizon: number, past: BlockMeans, period: number) {
    this.#horizon = horizon;
    this.#past = past;
    this.#period = period;
    this.#weight = 2 / (LEVEL_BLOCKS * past.blockSteps + 1);
  }

  advance(value: number): void {
    this.#unknown = Number.isNaN(value) ? this.#unknown + 1 : 0;
    if (Number.isNaN(value)) return;
    this.#now = Number.isNaN(this.#now) ? value : this.#now + this.#weight * (value - this.#now);
  }

  forecast(out: Float64Array | Float32Array, at: number): void {
    const ratio = this.#ratio();
    for (let h = 1; h <= this.#horizon; h++) {
      out[at + h - 1] = ratio * this.#past.levelAt(seasonsBefore(this.#period, h));
    }
  }

  #ratio(): number {
    if (this.#unknown > LEVEL_BLOCKS * this.#past.blockSteps) return 1;
    let then = 0;
    for (let block = 0; block < LEVEL_BLOCKS; block++) {
      then += this.#past.levelAt(this.#period + (block + 0.5) * this.#past.blockSteps) / LEVEL_BLOCKS;
    }
    if (!(then > 0)) return Number.isNaN(then) ? Number.NaN : 1;
    return Math.min(MOST_RATIO, Math.max(1 / MOST_RATIO, this.#now / then));
  }
}
