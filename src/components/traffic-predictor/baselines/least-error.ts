import type { PointForecaster } from './point-forecaster.ts';

/** Errors older than about this many steps no longer decide. */
const MEMORY_STEPS = 1000;

/**
 * The settings of one method that did best lately: for each step ahead, of the candidates that speak the one with the
 * least mean absolute error, faded. One that was never scored comes last. NaN where all are silent.
 */
export class LeastError implements PointForecaster {
  readonly #horizon: number;
  readonly #candidates: readonly PointForecaster[];
  /** [horizon × candidates × horizon]: what each said at the last origins, by origin modulo horizon. */
  readonly #said: Float64Array;
  /** [candidates × horizon]: faded sums of absolute errors, and of ones. */
  readonly #errors: Float64Array;
  readonly #counts: Float64Array;
  #step = -1;

  constructor(horizon: number, candidates: readonly PointForecaster[]) {
    this.#horizon = horizon;
    this.#candidates = candidates;
    this.#said = new Float64Array(horizon * candidates.length * horizon).fill(Number.NaN);
    this.#errors = new Float64Array(candidates.length * horizon);
    this.#counts = new Float64Array(candidates.length * horizon);
  }

  advance(value: number): void {
    this.#step += 1;
    if (!Number.isNaN(value)) for (let h = 0; h < this.#horizon; h++) this.#score(h, value);
    this.#candidates.forEach((candidate, k) => {
      candidate.advance(value);
      candidate.forecast(this.#said, this.#at(0, k));
    });
  }

  forecast(out: Float64Array | Float32Array, at: number): void {
    for (let h = 0; h < this.#horizon; h++) {
      let least = Number.POSITIVE_INFINITY;
      let best = Number.NaN;
      for (let k = 0; k < this.#candidates.length; k++) {
        const value = this.#said[this.#at(0, k) + h]!;
        const error = this.#meanError(k * this.#horizon + h);
        if (Number.isNaN(value) || (error >= least && !Number.isNaN(best))) continue;
        least = error;
        best = value;
      }
      out[at + h] = best;
    }
  }

  #meanError(i: number): number {
    return this.#counts[i]! > 0 ? this.#errors[i]! / this.#counts[i]! : Number.POSITIVE_INFINITY;
  }

  /** Where candidate `k` began to write that many steps ago. */
  #at(stepsAgo: number, k: number): number {
    const origin = (this.#step - stepsAgo + this.#horizon) % this.#horizon;
    return (origin * this.#candidates.length + k) * this.#horizon;
  }

  #score(h: number, value: number): void {
    if (this.#step <= h) return;
    for (let k = 0; k < this.#candidates.length; k++) {
      const error = Math.abs(value - this.#said[this.#at(h + 1, k) + h]!);
      if (Number.isNaN(error)) continue;
      const i = k * this.#horizon + h;
      this.#errors[i]! += error - this.#errors[i]! / MEMORY_STEPS;
      this.#counts[i]! += 1 - this.#counts[i]! / MEMORY_STEPS;
    }
  }
}
