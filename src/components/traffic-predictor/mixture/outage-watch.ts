/** Zeros as improbable as this, by how often there were zeros before, are an outage and not traffic. */
const IMPROBABLE = 1e-3;
const MEMORY_STEPS = 1000;

/**
 * Tells an outage that was recorded as zeros from traffic that is sometimes zero: r zeros in a row are an outage when
 * f^r < 0.001, f being the recent share of zeros outside outages. So a busy service's first zero is one, and a service
 * that rests every other minute has none. Such zeros teach the forecaster nothing; what will be served meanwhile is
 * `outage-forecast.ts`.
 */
export class OutageWatch {
  #steps = 0;
  #zeros = 0;
  #positive = false;
  #inARow = 0;
  #outage = 0;

  /** Takes a step's rate, NaN for a gap, and answers it, or NaN when it belongs to an outage. */
  take(rate: number): number {
    if (Number.isNaN(rate)) return rate;
    this.#inARow = rate === 0 && this.#positive ? this.#inARow + 1 : 0;
    const share = (this.#zeros + 0.5) / (this.#steps + 1);
    const outage = this.#inARow > 0 && share ** this.#inARow < IMPROBABLE;
    this.#outage = outage ? this.#inARow : 0;
    if (outage) return Number.NaN;
    if (rate > 0) this.#positive = true;
    const keep = 1 - 1 / MEMORY_STEPS;
    this.#steps = this.#steps * keep + 1;
    this.#zeros = this.#zeros * keep + (rate === 0 ? 1 : 0);
    return rate;
  }

  /** Steps that the outage under way has lasted; 0: there is none. A gap does not end it. */
  get outageSteps(): number {
    return this.#outage;
  }
}
