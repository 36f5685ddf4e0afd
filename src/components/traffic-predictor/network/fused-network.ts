import { seededRandom } from '../../../utils/random.ts';
import { AdamSteps } from './adam-steps.ts';
import { Arena } from './arena.ts';
import { type Batch, requireBatch, requireWindows } from './batch.ts';
import { initialWeights } from './initial-weights.ts';
import { COLUMN_MULTIPLE, type Kernels } from './kernels.ts';
import { ModelWeights } from './model-weights.ts';
import type { Network, NetworkOptions } from './network.ts';
import { type NetworkShape, requireShape } from './network-shape.ts';
import { Pass } from './pass.ts';
import { LEVELS } from './pinball.ts';
import { weightLayout } from './weight-layout.ts';

/** Windows that are predicted together: enough for the kernels, few enough for the cache. */
const PREDICTED_TOGETHER = 32;
/** Of moving statistics (Keras' default). */
const MOMENTUM = 0.99;

/** What a network is made of; given back as a whole. */
interface Parts {
  readonly kernels: Kernels;
  readonly arena: Arena;
  readonly weights: ModelWeights;
  readonly optimizer: AdamSteps;
  /** Passes by columns; they share the memory behind the weights. */
  readonly training: Map<number, Pass>;
  readonly predicting: Map<number, Pass>;
}

/** The network over any kernels. */
export class FusedNetwork implements Network {
  readonly shape: NetworkShape;
  readonly levels: readonly number[];
  readonly kernels: 'simd' | 'plain';
  readonly #random: () => number;
  #parts: Parts | undefined;

  constructor(shape: NetworkShape, { seed, levels }: NetworkOptions, kernels: Kernels) {
    requireShape(shape);
    this.shape = shape;
    this.levels = levels ?? LEVELS.slice(0, shape.quantiles);
    requireLevels(this.levels, shape.quantiles);
    this.kernels = kernels.kind;
    this.#random = seededRandom(seed ^ 0x5eed);
    const arena = new Arena(kernels);
    const weights = new ModelWeights(kernels, arena, shape);
    const optimizer = new AdamSteps(kernels, weights);
    this.#parts = { kernels, arena, weights, optimizer, training: new Map(), predicting: new Map() };
    this.setWeights(initialWeights(weightLayout(shape), seed));
  }

  get #alive(): Parts {
    if (this.#parts === undefined) throw new Error('this network was disposed of');
    return this.#parts;
  }

  get peakBytes(): number {
    return this.#alive.kernels.values.byteLength;
  }

  getWeights(): Float32Array {
    return this.#copy(this.#alive.weights.weights);
  }

  #copy(place: number): Float32Array {
    const { kernels, weights } = this.#alive;
    return Float32Array.from(kernels.values.subarray(place, place + weights.count));
  }

  setWeights(numbers: Float32Array): void {
    const { kernels, weights } = this.#alive;
    if (numbers.length !== weights.count) {
      throw new RangeError(`weights: found ${numbers.length}, allowed: ${weights.count}`);
    }
    const odd = numbers.findIndex((weight) => !Number.isFinite(weight));
    if (odd >= 0) throw new RangeError(`weights: found ${numbers[odd]} at ${odd}, allowed: finite numbers`);
    kernels.values.set(numbers, weights.weights);
    weights.changed();
  }

  predict(inputs: Float32Array, context: Float32Array, n: number): Float32Array {
    requireWindows(inputs, context, n, this.shape);
    const quantiles = new Float32Array(n * this.shape.horizon * this.shape.quantiles);
    this.#forwardInParts(inputs, context, n, (pass, first, live) => {
      pass.readQuantiles(quantiles, first, live);
    });
    return quantiles;
  }

  loss(batch: Batch): number {
    requireBatch(batch, this.shape);
    let [loss, weight] = [0, 0];
    this.#forwardInParts(batch.inputs, batch.context, batch.size, (pass, first, live) => {
      const part = pass.loss(batch, first, live);
      loss += part.loss;
      weight += part.weight;
    });
    return weight === 0 ? 0 : loss / weight;
  }

  #forwardInParts(
    inputs: Float32Array,
    context: Float32Array,
    n: number,
    read: (pass: Pass, first: number, live: number) => void,
  ): void {
    this.#alive.weights.packForward();
    for (let first = 0; first < n; first += PREDICTED_TOGETHER) {
      const live = Math.min(PREDICTED_TOGETHER, n - first);
      const pass = this.#pass(live, false);
      pass.load(inputs, context, first, live);
      pass.forward(live, []);
      read(pass, first, live);
    }
  }

  #pass(live: number, training: boolean): Pass {
    const { kernels, arena, weights, ...passes } = this.#alive;
    const columns = Math.ceil(live / COLUMN_MULTIPLE) * COLUMN_MULTIPLE;
    const known = training ? passes.training : passes.predicting;
    let pass = known.get(columns);
    if (pass === undefined) {
      pass = new Pass(kernels, arena, this.shape, this.levels, weights, columns, training);
      known.set(columns, pass);
    }
    return pass;
  }

  gradient(batch: Batch): { loss: number; gradient: Float32Array } {
    const { loss, weight } = this.#backward(batch);
    const gradient = this.#copy(this.#alive.weights.gradients);
    return { loss, gradient: weight === 0 ? gradient.fill(0) : gradient };
  }

  trainStep(batch: Batch, { learningRate }: { readonly learningRate: number }): number {
    if (!(learningRate > 0 && learningRate < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`learningRate: found ${learningRate}, allowed: a positive number`);
    }
    const { loss, weight, pass } = this.#backward(batch);
    if (weight === 0) return 0;
    if (!Number.isFinite(loss) || !this.#alive.optimizer.step(learningRate)) return Number.NaN;
    pass?.moveStatistics(MOMENTUM);
    this.#alive.weights.changed();
    return loss;
  }

  /** Leaves the gradient in the arena where any target is known. */
  #backward(batch: Batch): { loss: number; weight: number; pass?: Pass } {
    requireBatch(batch, this.shape);
    const { weights } = this.#alive;
    if (batch.size === 0) return { loss: 0, weight: 0 };
    const pass = this.#pass(batch.size, true);
    const seeds = this.shape.units.map(() => Math.floor(this.#random() * 2 ** 31));
    weights.packForward();
    pass.load(batch.inputs, batch.context, 0, batch.size);
    pass.forward(batch.size, seeds);
    const { loss, weight } = pass.loss(batch, 0, batch.size);
    if (weight === 0) return { loss: 0, weight };
    weights.packBack();
    pass.back(batch, weight, seeds);
    return { loss: loss / weight, weight, pass };
  }

  resetOptimizer(): void {
    this.#alive.optimizer.reset();
  }

  dispose(): void {
    this.#parts = undefined;
  }
}

function requireLevels(levels: readonly number[], count: number): void {
  const ascending = levels.every((level, i) => level > (levels[i - 1] ?? 0) && level < 1);
  if (levels.length === count && ascending) return;
  throw new RangeError(`levels: found [${levels.join(', ')}], allowed: ${count} ascending between 0 and 1`);
}
