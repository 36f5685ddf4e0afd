/** Entry of the worker thread in which everything of TensorFlow happens. */
import { parentPort, workerData } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { messageOf } from '../../../models/errors.ts';
import { startBackend } from './backend.ts';
import type { WorkerAnswer, WorkerNotice, WorkerRequest, WorkerSettings } from './messages.ts';
import { buildNetwork, quantilesOf, setWeights } from './network.ts';
import { QUANTILE_COUNT } from './quantiles.ts';
import { trainNetwork } from './training.ts';

/** Windows of one forward pass: the worker takes messages in between. */
const INFERENCE_WINDOWS = 256;

// The edge: both are written by `GruWorker` in the same package and version.
const settings: WorkerSettings = workerData;
const port = parentPort;
if (port === null) throw new Error('this file is a worker thread');

const started = startBackend();
const cancelled = new Set<number>();
let current: LayersModel | undefined;

port.on('message', (request: WorkerRequest) => {
  if (request.kind === 'cancel') {
    cancelled.add(request.id);
    return;
  }
  answer(request).then(send, (thrown: unknown) => {
    send({ kind: 'failed', id: request.id, reason: messageOf(thrown) });
  });
});
notify({ kind: 'backend', name: await started });

function send(answer: WorkerAnswer): void {
  port?.postMessage(answer);
}

function notify(notice: WorkerNotice): void {
  port?.postMessage(notice);
}

async function answer(request: Exclude<WorkerRequest, { kind: 'cancel' }>): Promise<WorkerAnswer> {
  await started;
  switch (request.kind) {
    case 'train':
      return train(request);
    case 'load':
      take(request.weights);
      return { kind: 'loaded', id: request.id };
    case 'infer':
      return { kind: 'inferred', id: request.id, outputs: infer(request.inputs) };
  }
}

async function train({ id, series, cuts }: Extract<WorkerRequest, { kind: 'train' }>): Promise<WorkerAnswer> {
  const start = performance.now();
  const trained = await trainNetwork(series, cuts, settings.shape, settings.training, {
    now: () => performance.now() / 1000,
    isCancelled: () => {
      notify({ kind: 'alive', id });
      return cancelled.delete(id);
    },
  });
  if (trained.kind !== 'trained') return { ...trained, id };
  take(trained.weights);
  return { ...trained, id, seconds: (performance.now() - start) / 1000 };
}

/** The new network takes over only when its weights fit. */
function take(weights: Float32Array): void {
  const model = buildNetwork(settings.shape, settings.training.seed);
  try {
    setWeights(model, weights);
  } catch (thrown) {
    model.dispose();
    throw thrown;
  }
  current?.dispose();
  current = model;
}

function infer(inputs: Float32Array): Float32Array {
  const model = current;
  if (model === undefined) throw new Error('there is no trained network');
  const { sequenceLength, features, horizon } = settings.shape;
  const length = sequenceLength * features;
  const windows = inputs.length / length;
  const outputs = new Float32Array(windows * horizon * QUANTILE_COUNT);
  for (let first = 0; first < windows; first += INFERENCE_WINDOWS) {
    const count = Math.min(INFERENCE_WINDOWS, windows - first);
    const part = inputs.subarray(first * length, (first + count) * length);
    const quantiles = tf.tidy(() => {
      const predicted = model.apply(tf.tensor3d(part, [count, sequenceLength, features]));
      if (!(predicted instanceof tf.Tensor)) throw new TypeError('the network has one output');
      return quantilesOf(predicted, horizon).dataSync();
    });
    outputs.set(quantiles, first * horizon * QUANTILE_COUNT);
  }
  return outputs;
}
