import type { Batch } from '../../../../src/components/traffic-predictor/network/batch.ts';
import type { NetworkShape } from '../../../../src/components/traffic-predictor/network/network-shape.ts';
import {
  type WeightTensor,
  weightCount,
} from '../../../../src/components/traffic-predictor/network/weight-layout.ts';
import { seededRandom } from '../../../../src/utils/random.ts';

export const SMALL: NetworkShape = {
  sequenceLength: 5,
  features: 2,
  context: 3,
  horizon: 3,
  quantiles: 4,
  units: [5],
  dense: [],
  batchNorm: false,
  dropout: 0,
};

/** The original framework's network. */
export const ORIGINAL: NetworkShape = {
  sequenceLength: 60,
  features: 3,
  context: 0,
  horizon: 10,
  quantiles: 4,
  units: [128, 64, 32],
  dense: [64, 32],
  batchNorm: true,
  dropout: 0.2,
};

/** Random windows with about a tenth of the targets unknown. */
export function randomBatch(shape: NetworkShape, size: number, seed: number): Batch {
  const random = seededRandom(seed);
  const numbers = (length: number) => Float32Array.from({ length }, () => 2 * random() - 1);
  return {
    size,
    inputs: numbers(size * shape.sequenceLength * shape.features),
    context: numbers(size * shape.context),
    targets: numbers(size * shape.horizon),
    mask: Float32Array.from({ length: size * shape.horizon }, () => (random() < 0.9 ? 1 : 0)),
    weights: Float32Array.from({ length: size }, () => 0.5 + random()),
  };
}

/** Weights that leave no part of the network idle: everything random, variances positive. */
export function randomWeights(layout: readonly WeightTensor[], seed: number): Float32Array {
  const random = seededRandom(seed);
  const weights = new Float32Array(weightCount(layout));
  for (const { name, offset, length, shape } of layout) {
    const limit = shape.length > 1 ? Math.sqrt(6 / (shape[0]! + shape[1]!)) : 0.5;
    const center = name.endsWith('variance') || name.endsWith('gamma') ? 1 : 0;
    for (let i = 0; i < length; i++) weights[offset + i] = center + limit * (2 * random() - 1);
  }
  return weights;
}
