import { setImmediate } from 'node:timers/promises';
import { seededRandom } from '../../../utils/random.ts';
import type { Batch } from '../network/batch.ts';
import { createNetwork, type Network } from '../network/network.ts';
import type { NetworkShape } from '../network/network-shape.ts';
import { tensorNamed, weightLayout } from '../network/weight-layout.ts';
import type { TrainingSettings } from '../options.ts';
import { type LinearStart, linearStart } from './linear-start.ts';
import type { Cuts, TrainingSeries, WindowPlace } from './training-set.ts';
import { drawPlaces, makeBatch, thinOut, windowPlaces } from './training-set.ts';

/** Windows of one epoch and of validation: bound the cost with many chains or a long history. */
const WINDOWS_PER_EPOCH = 2048;
const VALIDATION_WINDOWS = 256;
/** Windows that the linear start is fitted to. */
const LINEAR_START_WINDOWS = 4096;
/** Epochs without a better validation loss after which training stops. */
const PATIENCE = 8;

export type TrainedNetwork =
  | {
      readonly kind: 'trained';
      readonly weights: Float32Array;
      readonly epochs: number;
      readonly validationLoss: number;
      /** Of the weights that training went on from, on the same windows. */
      readonly previousLoss?: number;
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
 * Trains a network with Adam on the windows before the first cut, and keeps the weights of the epoch (the start included)
 * with the least pinball loss on those between the cuts. It starts from a line or from `startWeights`, whichever is
 * better there. Equal arguments give equal weights unless the time budget ends it.
 */
export async function trainNetwork(
  series: readonly TrainingSeries[],
  cuts: Cuts,
  shape: NetworkShape,
  settings: TrainingSettings,
  control: TrainingControl,
  startWeights?: Float32Array,
): Promise<TrainedNetwork> {
  const places = windowPlaces(series, shape, Number.NEGATIVE_INFINITY, cuts.trainingEnd);
  const held = windowPlaces(series, shape, cuts.trainingEnd, cuts.validationEnd);
  const validation = makeBatch(thinOut(held, VALIDATION_WINDOWS), shape);
  if (validation.size === 0) {
    return { kind: 'failed', reason: 'no window with changing, known rates to validate on' };
  }
  const network = createNetwork(shape, { seed: settings.seed });
  try {
    const previousLoss = start(network, places, validation, startWeights);
    const trained = await runEpochs(network, places, validation, settings, control);
    return trained.kind === 'trained' && previousLoss !== undefined ? { ...trained, previousLoss } : trained;
  } finally {
    network.dispose();
  }
}

/** Gives the network the weights to start from and answers the loss of `startWeights`. */
function start(
  network: Network,
  places: WindowPlace[],
  validation: Batch,
  startWeights: Float32Array | undefined,
): number | undefined {
  const sample = makeBatch(thinOut(places, LINEAR_START_WINDOWS), network.shape);
  startFromLine(network, linearStart(sample, validation, network.shape));
  if (startWeights === undefined) return undefined;
  const line = { weights: network.getWeights(), loss: network.loss(validation) };
  network.setWeights(startWeights);
  const loss = network.loss(validation);
  if (line.loss < loss) network.setWeights(line.weights);
  return loss;
}

function startFromLine(network: Network, { kernel, bias }: LinearStart): void {
  const { horizon, quantiles, sequenceLength, features } = network.shape;
  const weights = network.getWeights();
  const layout = weightLayout(network.shape);
  const head = tensorNamed(layout, 'head/kernel');
  const headBias = tensorNamed(layout, 'head/bias');
  const inputs = sequenceLength * features;
  const columns = horizon * quantiles;
  const firstRow = head.shape[0]! - inputs;
  for (let h = 0; h < horizon; h++) {
    for (let q = 0; q < quantiles; q++) {
      weights[headBias.offset + q * horizon + h] = bias[h * quantiles + q]!;
      for (let i = 0; i < inputs; i++) {
        const at = head.offset + (firstRow + i) * columns + q * horizon + h;
        weights[at] = kernel[i * columns + h * quantiles + q]!;
      }
    }
  }
  network.setWeights(weights);
}

async function runEpochs(
  network: Network,
  places: WindowPlace[],
  validation: Batch,
  settings: TrainingSettings,
  control: TrainingControl,
): Promise<TrainedNetwork> {
  const deadline = control.now() + settings.budgetSeconds;
  const random = seededRandom(settings.seed);
  let best = { loss: network.loss(validation), epoch: 0, weights: network.getWeights() };
  let epoch = 0;
  while (epoch < settings.maxEpochs && epoch - best.epoch < PATIENCE && control.now() < deadline) {
    epoch += 1;
    const drawn = drawPlaces(places, WINDOWS_PER_EPOCH, random);
    for (let first = 0; first < drawn.length && control.now() < deadline; first += settings.batchSize) {
      const batch = makeBatch(drawn.slice(first, first + settings.batchSize), network.shape);
      const loss = network.trainStep(batch, settings);
      if (Number.isNaN(loss)) return { kind: 'failed', reason: `the loss became ${loss} in epoch ${epoch}` };
      await setImmediate();
      if (control.isCancelled()) return { kind: 'cancelled' };
    }
    const loss = network.loss(validation);
    if (loss < best.loss) best = { loss, epoch, weights: network.getWeights() };
  }
  return { kind: 'trained', weights: best.weights, epochs: epoch, validationLoss: best.loss };
}
