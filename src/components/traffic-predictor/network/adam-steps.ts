import { BETA_1, BETA_2, type Kernels } from './kernels.ts';
import type { ModelWeights } from './model-weights.ts';

/** Largest Euclidean norm of a gradient; a burst must not throw the weights away. */
const LARGEST_NORM = 1;

/** Adam (Kingma & Ba 2015, algorithm 1) on all trained weights, with the gradient's norm clipped (Pascanu et al. 2013). */
export class AdamSteps {
  readonly #kernels: Kernels;
  readonly #weights: ModelWeights;
  #steps = 0;

  constructor(kernels: Kernels, weights: ModelWeights) {
    this.#kernels = kernels;
    this.#weights = weights;
  }

  /** False, and nothing has changed, when the gradient is not finite. */
  step(learningRate: number): boolean {
    const { weights, gradients, firstMoments, secondMoments, trainable } = this.#weights;
    const norm = Math.sqrt(this.#kernels.sumOfSquares(gradients, trainable));
    if (!Number.isFinite(norm)) return false;
    this.#steps += 1;
    this.#kernels.adam(weights, gradients, firstMoments, secondMoments, trainable, {
      scale: LARGEST_NORM / Math.max(norm, LARGEST_NORM),
      rate: learningRate / (1 - BETA_1 ** this.#steps),
      correction: 1 / (1 - BETA_2 ** this.#steps),
    });
    return true;
  }

  reset(): void {
    const { firstMoments, secondMoments, count } = this.#weights;
    this.#kernels.values.fill(0, firstMoments, firstMoments + count);
    this.#kernels.values.fill(0, secondMoments, secondMoments + count);
    this.#steps = 0;
  }
}
