import { headInputs, type NetworkShape } from './network-shape.ts';

/** One tensor in the vector of all weights, row-major. */
export interface WeightTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Of its first number in the vector. */
  readonly offset: number;
  readonly length: number;
  /** False: a moving statistic of batch normalisation, which training follows but no gradient moves. */
  readonly trainable: boolean;
}

/**
 * Where each tensor lies in the vector that `getWeights` answers and files hold (float32), in this order; u are the
 * units of GRU layer i, `in` the numbers a step that it sees, C the context:
 *
 *     gru_i/kernel            [in, 3u]   for layer i = 0, 1, …; columns: update gate z, reset gate r, candidate
 *     gru_i/recurrent_kernel  [u, 3u]
 *     gru_i/bias              [3u]
 *     norm_i/gamma, /beta     [u] each   with batch normalisation alone
 *     dense_i/kernel, /bias   [in, d], [d]; the first sees last state ‖ context
 *     head/kernel             [Z, Q·H]   rows: dense output (or last state) ‖ context ‖ inputs [T·F], step by step
 *     head/bias               [Q·H]      columns q·H + h: of step h the median (q = 0) or the q-th increment
 *     norm_i/moving_mean, /moving_variance [u] each   last, as they are not trained
 */
export function weightLayout(shape: NetworkShape): readonly WeightTensor[] {
  const tensors: WeightTensor[] = [];
  let offset = 0;
  const add = (name: string, extents: readonly number[], trainable = true) => {
    const length = extents.reduce((product, extent) => product * extent, 1);
    tensors.push({ name, shape: extents, offset, length, trainable });
    offset += length;
  };
  addRecurrent(shape, add);
  addDense(shape, add);
  const outputs = shape.quantiles * shape.horizon;
  add('head/kernel', [headInputs(shape), outputs]);
  add('head/bias', [outputs]);
  if (shape.batchNorm) {
    shape.units.forEach((units, i) => {
      add(`norm_${i}/moving_mean`, [units], false);
      add(`norm_${i}/moving_variance`, [units], false);
    });
  }
  return tensors;
}

type Add = (name: string, extents: readonly number[]) => void;

function addRecurrent(shape: NetworkShape, add: Add): void {
  shape.units.forEach((units, i) => {
    add(`gru_${i}/kernel`, [shape.units[i - 1] ?? shape.features, 3 * units]);
    add(`gru_${i}/recurrent_kernel`, [units, 3 * units]);
    add(`gru_${i}/bias`, [3 * units]);
    if (!shape.batchNorm) return;
    add(`norm_${i}/gamma`, [units]);
    add(`norm_${i}/beta`, [units]);
  });
}

function addDense(shape: NetworkShape, add: Add): void {
  let inputs = shape.units.at(-1)! + shape.context;
  shape.dense.forEach((units, i) => {
    add(`dense_${i}/kernel`, [inputs, units]);
    add(`dense_${i}/bias`, [units]);
    inputs = units;
  });
}

/** Numbers in the vector. */
export function weightCount(layout: readonly WeightTensor[]): number {
  return layout.reduce((sum, { length }) => sum + length, 0);
}

/** Numbers that gradients move; they come first. */
export function trainableCount(layout: readonly WeightTensor[]): number {
  return weightCount(layout.filter(({ trainable }) => trainable));
}

/** Throws a RangeError when there is no such tensor. */
export function tensorNamed(layout: readonly WeightTensor[], name: string): WeightTensor {
  const found = layout.find((tensor) => tensor.name === name);
  if (found === undefined) throw new RangeError(`this network has no weights ${name}`);
  return found;
}
