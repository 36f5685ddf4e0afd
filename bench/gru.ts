/**
 * Benchmark of the GRU kernels against TensorFlow.js on its fastest backend here: one training step (forwards, backwards,
 * Adam) and the prediction of 64 series, both sides in one run, in turns. With --json the last line is one JSON object;
 * times are medians of the clock, in ms. Figures ending in _cpu_ms are CPU time of the process, which other work on the
 * machine disturbs less.
 */
import { parseArgs } from 'node:util';
import { initialWeights } from '../src/components/traffic-predictor/network/initial-weights.ts';
import { createNetwork, type Network } from '../src/components/traffic-predictor/network/network.ts';
import type { NetworkShape } from '../src/components/traffic-predictor/network/network-shape.ts';
import { weightLayout } from '../src/components/traffic-predictor/network/weight-layout.ts';
import { gradientError } from './gru/compare-gradients.ts';
import { randomWindows } from './gru/random-windows.ts';
import { startableBackends, useBackend } from './gru/tensorflow-backend.ts';
import { TensorflowNetwork } from './gru/tensorflow-network.ts';

const LEARNING_RATE = 1e-3;
const PREDICTED_SERIES = 64;
const WARM_UP_ROUNDS = 3;
/** Steps of ours in one turn, so that turns are long enough to measure. */
const OURS_IN_A_TURN = 5;

const { values: flags } = parseArgs({
  options: {
    units: { type: 'string', default: '32' },
    dense: { type: 'string', default: '' },
    batch: { type: 'string', default: '32' },
    steps: { type: 'string', default: '60' },
    features: { type: 'string', default: '3' },
    context: { type: 'string', default: '0' },
    horizon: { type: 'string', default: '10' },
    /** Batch normalisation and dropout 0.2 after each GRU layer, as the original's network has them. */
    original: { type: 'boolean', default: false },
    kernels: { type: 'string', default: 'simd' },
    /** A backend of TensorFlow.js; default: the fastest that starts. */
    backend: { type: 'string' },
    rounds: { type: 'string', default: '15' },
    json: { type: 'boolean', default: false },
  },
});

const shape: NetworkShape = {
  sequenceLength: Number(flags.steps),
  features: Number(flags.features),
  context: Number(flags.context),
  horizon: Number(flags.horizon),
  quantiles: 4,
  units: numbers(flags.units),
  dense: flags.original && flags.dense === '' ? [64, 32] : numbers(flags.dense),
  batchNorm: flags.original,
  dropout: flags.original ? 0.2 : 0,
};
const result = await measure(shape, Number(flags.batch), Number(flags.rounds));
console.log(flags.json ? JSON.stringify(result) : result);

async function measure(shape: NetworkShape, batchSize: number, rounds: number): Promise<object> {
  const ours = createNetwork(shape, { seed: 1, kernels: flags.kernels === 'plain' ? 'plain' : 'simd' });
  const batch = randomWindows(shape, batchSize, 1);
  const windows = randomWindows(shape, PREDICTED_SERIES, 2);
  const backend = flags.backend ?? (await fastestBackend(shape, batchSize));
  if (!(await useBackend(backend))) throw new Error(`the backend ${backend} does not start here`);
  const error = gradientErrorWithoutDropout(shape, batchSize);
  const theirs = new TensorflowNetwork(shape, ours.levels, ours.getWeights());
  const work = {
    train: () => ours.trainStep(batch, { learningRate: LEARNING_RATE }),
    predict: () => ours.predict(windows.inputs, windows.context, PREDICTED_SERIES),
    theirTrain: () => theirs.trainStep(batch, LEARNING_RATE),
    theirPredict: () => theirs.predict(windows.inputs, windows.context, PREDICTED_SERIES),
  };
  const times = { train: turns(), predict: turns(), theirTrain: turns(), theirPredict: turns() };
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    const kept = round >= 0;
    clock(work.train, OURS_IN_A_TURN, kept ? times.train : turns());
    clock(work.theirTrain, 1, kept ? times.theirTrain : turns());
    clock(work.predict, OURS_IN_A_TURN, kept ? times.predict : turns());
    clock(work.theirPredict, 1, kept ? times.theirPredict : turns());
  }
  return report(ours, times, backend, error);
}

function report(
  ours: Network,
  times: Readonly<Record<string, Turns>>,
  backend: string,
  error: number,
): object {
  const ms = (name: string) => median(times[name]!.ms);
  const cpu = (name: string) => median(times[name]!.cpuMs);
  return {
    units: shape.units,
    dense: shape.dense,
    batch_norm: shape.batchNorm,
    dropout: shape.dropout,
    kernels: ours.kernels,
    node: process.version,
    train_step_ms: ms('train'),
    predict_ms: ms('predict'),
    tfjs_train_step_ms: ms('theirTrain'),
    tfjs_predict_ms: ms('theirPredict'),
    train_ratio: ms('theirTrain') / ms('train'),
    predict_ratio: ms('theirPredict') / ms('predict'),
    train_step_cpu_ms: cpu('train'),
    predict_cpu_ms: cpu('predict'),
    train_cpu_ratio: cpu('theirTrain') / cpu('train'),
    predict_cpu_ratio: cpu('theirPredict') / cpu('predict'),
    tfjs_backend: backend,
    max_relative_gradient_error: error,
    network_bytes: ours.peakBytes,
    peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** The backend with the quickest training step after one to warm up. */
async function fastestBackend(shape: NetworkShape, batchSize: number): Promise<string> {
  let best = { name: '', ms: Number.POSITIVE_INFINITY };
  for (const name of await startableBackends()) {
    await useBackend(name);
    const batch = randomWindows(shape, batchSize, 1);
    const levels = createNetwork(shape, { seed: 1 }).levels;
    const network = new TensorflowNetwork(shape, levels, initialWeights(weightLayout(shape), 1));
    const times = turns();
    for (let i = 0; i < 2; i++) clock(() => network.trainStep(batch, LEARNING_RATE), 1, times);
    network.dispose();
    if (times.ms.at(-1)! < best.ms) best = { name, ms: times.ms.at(-1)! };
  }
  return best.name;
}

/** At weights a few steps from the start, where no head is zero any more. */
function gradientErrorWithoutDropout(shape: NetworkShape, batchSize: number): number {
  const still = { ...shape, dropout: 0 };
  const ours = createNetwork(still, { seed: 1, kernels: flags.kernels === 'plain' ? 'plain' : 'simd' });
  const batch = randomWindows(still, batchSize, 3);
  for (let i = 0; i < 5; i++) ours.trainStep(batch, { learningRate: 0.01 });
  const theirs = new TensorflowNetwork(still, ours.levels, ours.getWeights());
  const error = gradientError(ours, theirs, batch);
  theirs.dispose();
  return error;
}

interface Turns {
  readonly ms: number[];
  readonly cpuMs: number[];
}

function turns(): Turns {
  return { ms: [], cpuMs: [] };
}

function clock(work: () => unknown, times: number, into: Turns): void {
  const before = process.cpuUsage();
  const started = performance.now();
  for (let i = 0; i < times; i++) work();
  into.ms.push((performance.now() - started) / times);
  const used = process.cpuUsage(before);
  into.cpuMs.push((used.user + used.system) / 1000 / times);
}

function numbers(text: string): number[] {
  return text.split(',').filter(Boolean).map(Number);
}

function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
