import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import type { NetworkShape } from '../options.ts';
import type { LinearStart } from './linear-start.ts';
import { QUANTILE_COUNT, QUANTILES } from './quantiles.ts';

const LINEAR_PATH = 'linear_path';
const RECURRENT_OUTPUT = 'recurrent_output';

/**
 * Three numbers a step, the median and two increments (before softplus) to the higher quantiles, each the sum of two
 * paths: GRU layers with a dense layer on their last state, and a linear map of the window. Both end in weights of
 * zero: untrained, the median is the window's anchor.
 *
 * Input [windows, sequenceLength, features], output [windows, horizon · 3].
 */
export function buildNetwork(shape: NetworkShape, seed: number): layers.LayersModel {
  const input = layers.input({ shape: [shape.sequenceLength, shape.features] });
  let hidden: layers.SymbolicTensor = input;
  shape.units.forEach((units, i) => {
    const gru = layers.layers.gru({
      units,
      returnSequences: i < shape.units.length - 1,
      kernelInitializer: layers.initializers.glorotUniform({ seed: seed + 2 * i }),
      recurrentInitializer: layers.initializers.glorotUniform({ seed: seed + 2 * i + 1 }),
    });
    hidden = symbolic(gru.apply(hidden));
  });
  const outputs = { units: shape.horizon * QUANTILE_COUNT, kernelInitializer: 'zeros' as const };
  const recurrent = layers.layers.dense({ ...outputs, name: RECURRENT_OUTPUT }).apply(hidden);
  const linear = layers.layers
    .dense({ ...outputs, useBias: false, name: LINEAR_PATH })
    .apply(layers.layers.flatten().apply(input));
  const sum = layers.layers.add().apply([symbolic(recurrent), symbolic(linear)]);
  return layers.model({ inputs: input, outputs: symbolic(sum) });
}

/** Gives the linear path its kernel and the outputs their bias. */
export function startFrom(model: layers.LayersModel, start: LinearStart): void {
  tf.tidy(() => {
    const linear = model.getLayer(LINEAR_PATH);
    linear.setWeights(linear.getWeights().map(({ shape }) => tf.tensor(start.kernel, shape)));
    const output = model.getLayer(RECURRENT_OUTPUT);
    const [kernel, bias] = output.getWeights();
    output.setWeights([kernel!, tf.tensor(start.bias, bias!.shape)]);
  });
}

function symbolic(applied: unknown): layers.SymbolicTensor {
  if (applied instanceof layers.SymbolicTensor) return applied;
  throw new TypeError('a layer that is applied to a symbolic tensor answers with one');
}

/**
 * Quantiles from the network's output: [windows, horizon, 3], each the one before plus softplus of its increment, so
 * that they never cross (Gasthaus et al. 2019, section 3, use the same construction).
 */
export function quantilesOf(outputs: tf.Tensor, horizon: number): tf.Tensor {
  return tf.tidy(() => {
    const [median, first, second] = tf.split(tf.reshape(outputs, [-1, horizon, QUANTILE_COUNT]), 3, 2);
    const upper = tf.add(median!, tf.softplus(first!));
    return tf.concat([median!, upper, tf.add(upper, tf.softplus(second!))], 2);
  });
}

/**
 * Mean pinball loss (Koenker & Bassett 1978) over the known targets: max(q·e, (q−1)·e) for e = target − quantile.
 *
 * @param targets [windows, horizon]
 * @param mask of the same shape: 1 where the target is known
 */
export function pinballLoss(outputs: tf.Tensor, targets: tf.Tensor2D, mask: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => {
    const horizon = targets.shape[1];
    const errors = tf.sub(tf.expandDims(targets, 2), quantilesOf(outputs, horizon));
    const levels = tf.tensor1d([...QUANTILES]);
    const losses = tf.maximum(tf.mul(levels, errors), tf.mul(tf.sub(levels, 1), errors));
    const known = tf.mul(losses, tf.expandDims(mask, 2));
    return tf.div<tf.Scalar>(tf.sum(known), tf.mul(tf.maximum(tf.sum(mask), 1), QUANTILE_COUNT));
  });
}

/** All weights in the model's order, one after the other. */
export function weightsOf(model: layers.LayersModel): Float32Array {
  const parts = model.getWeights().map((weight) => weight.dataSync());
  const weights = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    weights.set(part, offset);
    offset += part.length;
  }
  return weights;
}

/** The inverse of `weightsOf`. Throws a RangeError when the count differs; then nothing has changed. */
export function setWeights(model: layers.LayersModel, weights: Float32Array): void {
  const shapes = model.getWeights().map(({ shape }) => shape);
  const sizes = shapes.map((shape) => shape.reduce((product, extent) => product * extent, 1));
  const allowed = sizes.reduce((sum, size) => sum + size, 0);
  if (allowed !== weights.length) {
    throw new RangeError(`weights: found ${weights.length}, allowed: ${allowed}`);
  }
  tf.tidy(() => {
    let offset = 0;
    const tensors = shapes.map((shape, i) => {
      const part = weights.slice(offset, offset + sizes[i]!);
      offset += part.length;
      return tf.tensor(part, shape);
    });
    model.setWeights(tensors);
  });
}
