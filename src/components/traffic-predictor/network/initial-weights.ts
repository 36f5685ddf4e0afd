import type { Random } from '../../../models/ports.ts';
import { seededRandom } from '../../../utils/random.ts';
import { type WeightTensor, weightCount } from './weight-layout.ts';

/**
 * Weights to start training from: kernels uniform within √(6/(in + out)) (Glorot & Bengio 2010, equation 16), recurrent
 * kernels with orthonormal rows (Saxe et al. 2014), heads and biases zero, so that the untrained median is 0; batch
 * normalisation starts as the identity.
 */
export function initialWeights(layout: readonly WeightTensor[], seed: number): Float32Array {
  const random = seededRandom(seed);
  const weights = new Float32Array(weightCount(layout));
  for (const tensor of layout) {
    weights.set(initialTensor(tensor, random), tensor.offset);
  }
  return weights;
}

function initialTensor({ name, shape, length }: WeightTensor, random: Random): Float64Array {
  if (name.endsWith('/gamma') || name.endsWith('/moving_variance')) return new Float64Array(length).fill(1);
  if (name.startsWith('head/') || shape.length < 2) return new Float64Array(length);
  const [rows, columns] = [shape[0]!, shape[1]!];
  if (name.endsWith('/recurrent_kernel')) return orthonormalRows(rows, columns, random);
  const limit = Math.sqrt(6 / (rows + columns));
  return Float64Array.from({ length }, () => limit * (2 * random() - 1));
}

/** Random rows made orthonormal one after the other (modified Gram-Schmidt). */
function orthonormalRows(rows: number, columns: number, random: Random): Float64Array {
  const matrix = Float64Array.from({ length: rows * columns }, () => normal(random));
  for (let row = 0; row < rows; row++) {
    const own = matrix.subarray(row * columns, (row + 1) * columns);
    for (let other = 0; other < row; other++) {
      const before = matrix.subarray(other * columns, (other + 1) * columns);
      addScaled(own, before, -dot(own, before));
    }
    scale(own, 1 / Math.sqrt(dot(own, own)));
  }
  return matrix;
}

/** Box & Muller 1958. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addScaled(to: Float64Array, from: Float64Array, factor: number): void {
  for (let i = 0; i < to.length; i++) to[i]! += factor * from[i]!;
}

function scale(values: Float64Array, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i]! *= factor;
}
