import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { seededRandom } from '../../../utils/random.ts';
import type { NetworkShape, TrainingSettings } from '../options.ts';
import { linearStart } from './linear-start.ts';
import { buildNetwork, pinballLoss, startFrom, weightsOf } from './network.ts';
import type { Batch, Cuts, TrainingSeries, WindowPlace } from './training-set.ts';
import { drawPlaces, makeBatch, thinOut, windowPlaces } from './training-set.ts';

/** Windows of one epoch and of validation: bound the cost with many chains or a long history. */
const WINDOWS_PER_EPOCH = 2048;
const VALIDATION_WINDOWS = 256;
/** Windows that the linear start is fitted to. */
const LINEAR_START_WINDOWS = 4096;
/** Epochs without a better validation loss after which training stops. */
const PATIENCE = 8;
/** Largest Euclidean norm of a gradient; a burst must not throw the weights away. */
const LARGEST_GRADIENT = 1;

export type TrainedNetwork =
  | {
      readonly kind: 'trained';
      readonly weights: Float32Array;
      readonly epochs: number;
      readonly validationLoss: number;
    }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'cancelled' };

export interface TrainingControl {
  /** Seconds, only differences count. */
  now(): number;
  /** Called after every gradient step; true ends the training. */
  isCancelled(): boolean;
}

/**
 * Trains a new network with Adam on the windows before the first cut, from a linear start, and keeps the weights of
 * the epoch (the start included) with the least pinball loss on those between the cuts. Equal arguments give equal
 * weights unless the time budget ends it. Gives the event loop a turn after every gradient step. Leaves no tensor
 * behind.
 */
export async function trainNetwork(
  series: readonly TrainingSeries[],
  cuts: Cuts,
  shape: NetworkShape,
  settings: TrainingSettings,
  control: TrainingControl,
): Promise<TrainedNetwork> {
  const places = windowPlaces(series, shape, Number.NEGATIVE_INFINITY, cuts.trainingEnd);
  const held = windowPlaces(series, shape, cuts.trainingEnd, cuts.validationEnd);
  const validation = makeBatch(thinOut(held, VALIDATION_WINDOWS), shape);
  if (validation.size === 0) {
    return { kind: 'failed', reason: 'no window with changing, known rates to validate on' };
  }
  const sample = makeBatch(thinOut(places, LINEAR_START_WINDOWS), shape);
  const model = buildNetwork(shape, settings.seed);
  startFrom(model, linearStart(sample, validation, shape));
  const optimizer = tf.train.adam(settings.learningRate);
  try {
    return await runEpochs(model, optimizer, places, validation, shape, settings, control);
  } finally {
    optimizer.dispose();
    model.dispose();
  }
}

async function runEpochs(
  model: LayersModel,
  optimizer: tf.AdamOptimizer,
  places: WindowPlace[],
  validation: Batch,
  shape: NetworkShape,
  settings: TrainingSettings,
  control: TrainingControl,
): Promise<TrainedNetwork> {
  const deadline = control.now() + settings.budgetSeconds;
  const random = seededRandom(settings.seed);
  let best = {
    loss: meanLoss(model, validation, shape, settings.batchSize),
    epoch: 0,
    weights: weightsOf(model),
  };
  let epoch = 0;
  while (epoch < settings.maxEpochs && epoch - best.epoch < PATIENCE && control.now() < deadline) {
    epoch += 1;
    const drawn = drawPlaces(places, WINDOWS_PER_EPOCH, random);
    for (let first = 0; first < drawn.length && control.now() < deadline; first += settings.batchSize) {
      step(model, optimizer, makeBatch(drawn.slice(first, first + settings.batchSize), shape), shape);
      await setImmediate();
      if (control.isCancelled()) return { kind: 'cancelled' };
    }
    const loss = meanLoss(model, validation, shape, settings.batchSize);
    if (!Number.isFinite(loss))
      return { kind: 'failed', reason: `the loss became ${loss} in epoch ${epoch}` };
    if (loss < best.loss) best = { loss, epoch, weights: weightsOf(model) };
  }
  return { kind: 'trained', weights: best.weights, epochs: epoch, validationLoss: best.loss };
}

function step(model: LayersModel, optimizer: tf.AdamOptimizer, batch: Batch, shape: NetworkShape): void {
  if (batch.size === 0) return;
  tf.tidy(() => {
    const { grads } = tf.variableGrads(() => lossOf(model, batch, shape), variablesOf(model));
    optimizer.applyGradients(clip(grads));
  });
}

function variablesOf(model: LayersModel): tf.Variable[] {
  return model.trainableWeights
    .map((weight) => weight.read())
    .filter((weight) => weight instanceof tf.Variable);
}

function lossOf(model: LayersModel, batch: Batch, shape: NetworkShape): tf.Scalar {
  const inputs = tf.tensor3d(batch.inputs, [batch.size, shape.sequenceLength, shape.features]);
  const targets = tf.tensor2d(batch.targets, [batch.size, shape.horizon]);
  const mask = tf.tensor2d(batch.mask, [batch.size, shape.horizon]);
  const outputs = model.apply(inputs, { training: true });
  if (!(outputs instanceof tf.Tensor)) throw new TypeError('the network has one output');
  return pinballLoss(outputs, targets, mask);
}

/** Scales all gradients together so that their joint norm is at most `LARGEST_GRADIENT` (Pascanu et al. 2013). */
function clip(gradients: tf.NamedTensorMap): { name: string; tensor: tf.Tensor }[] {
  const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
  const norm = tf.sqrt(tf.addN(squares));
  const factor = tf.div(LARGEST_GRADIENT, tf.maximum(norm, LARGEST_GRADIENT));
  return Object.entries(gradients).map(([name, gradient]) => ({ name, tensor: tf.mul(gradient, factor) }));
}

function meanLoss(model: LayersModel, all: Batch, shape: NetworkShape, batchSize: number): number {
  const inputLength = shape.sequenceLength * shape.features;
  let sum = 0;
  for (let first = 0; first < all.size; first += batchSize) {
    const end = Math.min(all.size, first + batchSize);
    const part = {
      inputs: all.inputs.subarray(first * inputLength, end * inputLength),
      targets: all.targets.subarray(first * shape.horizon, end * shape.horizon),
      mask: all.mask.subarray(first * shape.horizon, end * shape.horizon),
      size: end - first,
    };
    sum += part.size * tf.tidy(() => lossOf(model, part, shape).dataSync()[0]!);
  }
  return sum / all.size;
}
