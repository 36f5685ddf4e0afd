import { LEVELS, UPPER } from './levels.ts';
import { ResidualQuantiles } from './residual-quantiles.ts';
import { slotOf } from './slots.ts';
import { float32s, float64s } from './small-arrays.ts';

const RATE = 0.02;
const MOST = Math.log(3);
/** Beyond this many distances a truth says that nothing was known of the spread, not how far maxima go. */
const MOST_RATIO = 10;
/**
 * Distances that the maximum's quantile may lie from the median after few forecasts, as far as the step's does; and the
 * number of forecasts for each one more: a few dozen overlapping ones say little of how far a tail goes.
 */
const FIRST_RATIO = 1;
const FORECASTS_PER_RATIO = 200;
const MAXIMUM_LEVELS: readonly number[] = [LEVELS[UPPER]!];

/**
 * The 0.95 quantile of the largest rate over the first L steps, for every lead L. The largest of several steps is above
 * the largest of their 0.95 quantiles more often than 1 in 20; how far, relative to the distance of that from the
 * largest median, is learned from past forecasts: its 0.95 quantile times a factor that tracks the coverage (as
 * `calibrator.ts`). Never below the 0.95 quantile of any step up to L.
 */
export class MaximumQuantile {
  readonly counts: Int32Array;
  readonly #horizon: number;
  readonly #ratios: ResidualQuantiles;
  readonly #ratio = float64s(1);
  readonly #stretch: Float64Array;
  /** By slot: largest median, largest 0.95 quantile, and what was served; as changes from the last known rate. */
  readonly #pending: Float32Array;

  constructor(horizon: number) {
    this.#horizon = horizon;
    this.counts = new Int32Array(horizon);
    this.#ratios = new ResidualQuantiles(horizon, MAXIMUM_LEVELS);
    this.#stretch = float64s(horizon);
    this.#pending = float32s(3 * slotOf(horizon + 1, 0)).fill(Number.NaN);
  }

  fade(): void {
    this.#ratios.fade();
  }

  /**
   * Writes the maximum's quantile for every lead of the forecast made at `origin`, and remembers it for scoring.
   *
   * @param base the last known rate there, requests/s
   */
  say(origin: number, base: number, quantiles: ArrayLike<number>, maximum95: Float64Array): void {
    let median = 0;
    let upper = 0;
    let least = 0;
    for (let l = 0; l < this.#horizon; l++) {
      median = Math.max(median, quantiles[l * LEVELS.length]!);
      upper = Math.max(upper, quantiles[l * LEVELS.length + UPPER]!);
      this.#ratios.quantiles(l, this.#ratio);
      const believable = FIRST_RATIO + this.counts[l]! / FORECASTS_PER_RATIO;
      const ratio = Math.min(believable, this.#ratio[0]! * Math.exp(this.#stretch[l]!));
      least = Math.max(least, upper, median + ratio * (upper - median));
      maximum95[l] = least;
      const slot = 3 * slotOf(l + 1, origin);
      this.#pending[slot] = median - base;
      this.#pending[slot + 1] = upper - base;
      this.#pending[slot + 2] = least - base;
    }
  }

  /** Nothing of the forecast at `origin` will be scored. */
  skip(origin: number): void {
    for (let l = 0; l < this.#horizon; l++) this.#pending[3 * slotOf(l + 1, origin)] = Number.NaN;
  }

  /**
   * Scores lead `l` (from 0) of the forecast made l + 1 steps before `step`; answers whether it covered.
   *
   * @param largest rate of these steps, as a change from the last known rate at the origin
   */
  score(l: number, step: number, largest: number): boolean | undefined {
    const slot = 3 * slotOf(l + 1, step);
    const median = this.#pending[slot]!;
    const upper = this.#pending[slot + 1]!;
    if (Number.isNaN(median)) return undefined;
    const covered = largest <= this.#pending[slot + 2]!;
    this.counts[l]! += 1;
    if (upper > median) {
      const ratio = (largest - median) / (upper - median);
      this.#ratios.take(l, Math.max(-MOST_RATIO, Math.min(MOST_RATIO, ratio)));
      // At the 0.95 quantile narrowing ends: what had no effect would only have to be made up for later.
      const narrowing = this.#pending[slot + 2]! > upper ? 1 - LEVELS[UPPER]! : 0;
      const stretch = this.#stretch[l]! + RATE * (covered ? -narrowing : LEVELS[UPPER]!);
      this.#stretch[l] = Math.max(-MOST, Math.min(MOST, stretch));
    }
    return covered;
  }
}
