/**
 * By how much a chain takes longer, or less long, than its profiles say, as far as that must be planned for: a quantile of
 * the ratio of measured to expected latency in the minutes before, of which recent ones count more (conformal prediction
 * with decaying weights: Barber, Candès, Ramdas and Tibshirani, Conformal prediction beyond exchangeability, Annals of
 * Statistics 51, 2023). It closes the loop from the latency that users see to what is planned: whatever a curve misses of
 * the regime that the services run in now, the ratio has.
 */

/** Share of the minutes whose latency is to stay at or below the planned one. */
const QUANTILE = 0.85;

/** A ratio's weight halves in this time, s. */
const HALF_LIFE_SECONDS = 400;

/** Ratios are kept this long, s. */
const KEPT_SECONDS = 1800;

/** Weight that is needed before profiles are believed to be pessimistic, in ratios of now. */
const ENOUGH = 8;

/** What is told sooner after the ratio before it is mostly of the same minute, and counts once, s. */
const LEAST_SECONDS = 14.5;

/** Ratios beyond are no error of a profile. */
const LEAST = 0.25;
const LARGEST = 1.5;

interface Sample {
  readonly atSeconds: number;
  readonly ratio: number;
}

export class LatencyCalibration {
  #samples: Sample[] = [];

  /** `ratio`: measured over expected latency of the minute that ends about now. */
  note(atSeconds: number, ratio: number): void {
    const ago = atSeconds - (this.#samples.at(-1)?.atSeconds ?? Number.NEGATIVE_INFINITY);
    if (!(ratio > 0) || (ago >= 0 && ago < LEAST_SECONDS)) return;
    this.#samples.push({ atSeconds, ratio: Math.min(LARGEST, Math.max(LEAST, ratio)) });
    // After the clock was set back nothing is kept from the future.
    this.#samples = this.#samples.filter(
      (sample) => sample.atSeconds <= atSeconds && atSeconds - sample.atSeconds <= KEPT_SECONDS,
    );
  }

  /** What the expected latency is to be multiplied by; 1 while nothing is known. */
  factor(nowSeconds: number): number {
    const weighted = this.#samples
      .map(({ atSeconds, ratio }) => ({
        ratio,
        weight: 0.5 ** (Math.max(0, nowSeconds - atSeconds) / HALF_LIFE_SECONDS),
      }))
      .sort((left, right) => left.ratio - right.ratio);
    const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
    if (total === 0) return 1;
    let below = 0;
    const found = weighted.find(({ weight }) => {
      below += weight;
      return below >= QUANTILE * total;
    });
    const ratio = found?.ratio ?? weighted.at(-1)!.ratio;
    return ratio < 1 && total < ENOUGH ? 1 : ratio;
  }
}
