import type { NetworkShape } from './network-shape.ts';

/** Windows with what followed them; arrays row-major, one row a window. */
export interface Batch {
  /** [size, sequenceLength, features] */
  readonly inputs: Float32Array;
  /** [size, context] */
  readonly context: Float32Array;
  /** [size, horizon]; anything where the mask is 0. */
  readonly targets: Float32Array;
  /** [size, horizon]: 1 where the target is known, else 0. */
  readonly mask: Float32Array;
  /** [size]: how much a window counts; only ratios matter. Default: all equal. */
  readonly weights?: Float32Array;
  readonly size: number;
}

/** Throws a RangeError when arrays are shorter than `size` rows of this shape. */
export function requireBatch(batch: Batch, shape: NetworkShape): void {
  requireWindows(batch.inputs, batch.context, batch.size, shape);
  requireLength('targets', batch.targets, batch.size * shape.horizon);
  requireLength('mask', batch.mask, batch.size * shape.horizon);
  if (batch.weights !== undefined) requireLength('weights', batch.weights, batch.size);
}

export function requireWindows(
  inputs: Float32Array,
  context: Float32Array,
  count: number,
  shape: NetworkShape,
): void {
  if (!Number.isInteger(count) || count < 0) {
    throw new RangeError(`windows: found ${count}, allowed: a whole number from 0 on`);
  }
  requireLength('inputs', inputs, count * shape.sequenceLength * shape.features);
  requireLength('context', context, count * shape.context);
}

function requireLength(name: string, found: Float32Array, least: number): void {
  if (found.length >= least) return;
  throw new RangeError(`${name}: found ${found.length} numbers, allowed: at least ${least}`);
}
