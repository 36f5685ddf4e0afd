import { LEVELS } from './levels.ts';
import { float32s } from './small-arrays.ts';

/** How far one miss moves a quantile, relative to its distance from the median. */
const RATE = 0.002;
/** Widening and narrowing end at this factor: nothing winds up. */
const MOST = Math.log(3);

/**
 * Keeps the stated coverage through drift: each quantile's distance from the median is stretched by exp(θ), and
 * θ += rate · (missed − (1 − level)) at each scored forecast (quantile tracking: Angelopoulos, Candès & Tibshirani
 * 2023, equation 3; Gibbs & Candès 2021), per step ahead and level. A forecast is scored when its truth is known,
 * h steps later, against what was served then. The median is left as it is.
 */
export class Calibrator {
  readonly #stretch: Float32Array;

  constructor(horizon: number) {
    this.#stretch = float32s(horizon * LEVELS.length);
  }

  /** Calibrates one row of quantiles in place: never below `lowest`, non-decreasing. */
  calibrate(h: number, row: Float32Array, at: number, lowest: number): void {
    const median = Math.max(lowest, row[at]!);
    row[at] = median;
    let least = median;
    for (let q = 1; q < LEVELS.length; q++) {
      const distance = Math.max(0, row[at + q]! - median);
      least = Math.max(least, median + distance * Math.exp(this.#stretch[h * LEVELS.length + q]!));
      row[at + q] = least;
    }
  }

  /** Scores a row that was served for a step whose truth is known now. */
  score(h: number, truth: number, served: Float32Array, at: number): void {
    for (let q = 1; q < LEVELS.length; q++) {
      // Quantiles without width say that nothing was known of the spread.
      if (!(served[at + q]! > served[at]!)) continue;
      const missed = truth > served[at + q]! ? 1 : 0;
      const i = h * LEVELS.length + q;
      const stretch = this.#stretch[i]! + RATE * (missed - (1 - LEVELS[q]!));
      this.#stretch[i] = Math.max(-MOST, Math.min(MOST, stretch));
    }
  }
}
