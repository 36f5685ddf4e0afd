/** The average forgets as 0.999 a step, and faster while it is young. */
const MEMORY = 0.999;
const YOUNG_STEPS = 10;

/**
 * Moving average of weights along a training (Polyak & Juditsky 1992): the noise of single gradient steps cancels, and what
 * is left forecasts better than the last weights.
 */
export class AveragedWeights {
  readonly #mean: Float64Array;
  #steps = 0;

  constructor(weights: Float32Array) {
    this.#mean = Float64Array.from(weights);
  }

  add(weights: Float32Array): void {
    this.#steps += 1;
    const keep = Math.min(MEMORY, this.#steps / (this.#steps + YOUNG_STEPS));
    for (let i = 0; i < weights.length; i++) {
      this.#mean[i] = keep * this.#mean[i]! + (1 - keep) * weights[i]!;
    }
  }

  get(): Float32Array {
    return Float32Array.from(this.#mean);
  }
}
