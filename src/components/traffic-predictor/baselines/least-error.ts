import type { PointForecaster } from './point-forecaster.ts';

/** Errors older than about this many steps no longer decide. */
const MEMORY_STEPS = 1000;

/**
 * The settings of one method that did best lately: for each step ahead, the candidate with the least faded absolute
 * error. Where a candidate says nothing it is taken for the first, which should always speak.
 */
export class LeastError implements PointForecaster {
  readonly #horizon: number;
  readonly #candidates: readonly PointForecaster[];
  /** [horizon × candidates × horizon]: what each said at the last origins, by origin modulo horizon. */
  readonly #said: Float64Array;
  /** [candidates × horizon] */
  readonly #errors: Float64Array;
  #step = -1;

  constructor(horizon: number, candidates: readonly PointForecaster[]) {
    this.#horizon = horizon;
    this.#candidates = candidates;
    this.#said = new Float64Array(horizon * candidates.length * horizon).fill(Number.NaN);
    this.#errors = new Float64Array(candidates.length * horizon);
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
      let best = 0;
      for (let k = 1; k < this.#candidates.length; k++) {
        const speaks = !Number.isNaN(this.#said[this.#at(0, k) + h]!);
        const better = this.#errors[k * this.#horizon + h]! < this.#errors[best * this.#horizon + h]!;
        if (speaks && better) best = k;
      }
      out[at + h] = this.#said[this.#at(0, best) + h]!;
    }
  }

  /** Where candidate `k` began to write that many steps ago. */
  #at(stepsAgo: number, k: number): number {
    const origin = (this.#step - stepsAgo + this.#horizon) % this.#horizon;
    return (origin * this.#candidates.length + k) * this.#horizon;
  }

  #score(h: number, value: number): void {
    if (this.#step <= h) return;
    const first = Math.abs(value - this.#said[this.#at(h + 1, 0) + h]!);
    for (let k = 0; k < this.#candidates.length; k++) {
      const own = Math.abs(value - this.#said[this.#at(h + 1, k) + h]!);
      const error = Number.isNaN(own) ? first : own;
      if (Number.isNaN(error)) continue;
      const i = k * this.#horizon + h;
      this.#errors[i]! += error - this.#errors[i]! / MEMORY_STEPS;
    }
  }
}
