import { OutageDays } from './outage-days.ts';
import { foldInOutage } from './outage-forecast.ts';

/** Zeros as improbable as this, by how often there were zeros before, are an outage and not traffic. */
const IMPROBABLE = 3e-3;
const MEMORY_STEPS = 1000;

/**
 * Tells an outage that was recorded as zeros from traffic that is sometimes zero: r zeros in a row are an outage when
 * f^r < 0.003, f being the recent share of zeros outside outages. So a busy service's first zero is one, and a service
 * that rests every other minute has none. Such zeros teach the forecaster of traffic nothing. When there will be
 * traffic again is a question of its own: `outage-days.ts`, which learns nights.
 */
export class OutageWatch {
  readonly #days: OutageDays;
  readonly #ahead: Float64Array;
  readonly #within: Float64Array;
  #steps = 0;
  #zeros = 0;
  #positive = false;
  #inARow = 0;
  /** Zeros of the outage under way that passed for traffic before it was one. */
  #passed = 0;
  #outage = 0;

  constructor(horizon: number, stepSeconds: number) {
    this.#days = new OutageDays(stepSeconds);
    this.#ahead = new Float64Array(horizon);
    this.#within = new Float64Array(horizon);
  }

  /** Takes a step's rate, NaN for a gap, and answers it, or NaN when it belongs to an outage. */
  take(rate: number): number {
    const known = Number.isNaN(rate) ? rate : this.#told(rate);
    this.#days.advance(Number.isNaN(rate) ? 'gap' : Number.isNaN(known) ? 'outage' : 'traffic');
    return known;
  }

  /** Makes of what was forecast for traffic what is served, in place: less where there may be an outage. */
  fold(quantiles: Float64Array, maximum95: Float64Array): void {
    this.#days.chances(this.#outage, this.#ahead, this.#within);
    foldInOutage(this.#ahead, this.#within, quantiles, maximum95);
  }

  #told(rate: number): number {
    if (rate > 0) {
      this.#count(1, 0);
      const zeros = this.#outage > 0 ? Math.max(1, this.#passed) : this.#inARow;
      this.#count(zeros, zeros);
      this.#positive = true;
      this.#inARow = 0;
      this.#passed = 0;
      this.#outage = 0;
      return rate;
    }
    if (!this.#positive) return rate;
    this.#inARow += 1;
    const share = (this.#zeros + 0.5) / (this.#steps + 1);
    const outage = share ** this.#inARow < IMPROBABLE;
    if (!outage) this.#passed = this.#inARow;
    this.#outage = outage ? this.#inARow : 0;
    return outage ? Number.NaN : rate;
  }

  /** Zeros count once they are over; of an outage those that passed for traffic, and one if none did. */
  #count(steps: number, zeros: number): void {
    const keep = (1 - 1 / MEMORY_STEPS) ** steps;
    this.#steps = this.#steps * keep + steps;
    this.#zeros = this.#zeros * keep + zeros;
  }

  /** Steps that the outage under way has lasted; 0: there is none. A gap does not end it. */
  get outageSteps(): number {
    return this.#outage;
  }
}
