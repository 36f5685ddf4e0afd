/**
 * Benchmark of the GRU kernels against TensorFlow.js on its fastest backend here: one training step (forwards, backwards,
 * Adam) and the prediction of 64 series, both sides in one run, in turns. With --json the last line is one JSON object.
 * Times are medians by the clock, in ms; those ending in _cpu_ms are CPU time of the process, which other work on the
 * machine disturbs less. TensorFlow.js predicts as `model.predict` does by itself, in batches of 32; `one_pass` is with a
 * batch of all 64.
 */
import { createNetwork, type Network } from '../src/components/traffic-predictor/network/network.ts';
import type { NetworkShape } from '../src/components/traffic-predictor/network/network-shape.ts';
import { gradientError } from './gru/compare-gradients.ts';
import { type GruBenchOptions, gruBenchOptions } from './gru/options.ts';
import { randomWindows } from './gru/random-windows.ts';
import { startableBackends, useBackend } from './gru/tensorflow-backend.ts';
import { TensorflowNetwork } from './gru/tensorflow-network.ts';
import { median, noTurns, type Turns, takeTurn } from './gru/turns.ts';

const LEARNING_RATE = 1e-3;
const PREDICTED_SERIES = 64;
const WARM_UP_ROUNDS = 3;
/** Ours are so short that one alone would hardly be measured. */
const OURS_IN_A_TURN = 5;

try {
  const options = gruBenchOptions(process.argv.slice(2));
  const result = await measure(options);
  console.log(options.json ? JSON.stringify(result) : result);
} catch (error) {
  if (!(error instanceof RangeError || (error instanceof TypeError && 'code' in error))) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

interface Times {
  readonly train: Turns;
  readonly predict: Turns;
  readonly tfjsTrain: Turns;
  readonly tfjsPredict: Turns;
  readonly tfjsOnePass: Turns;
}

async function measure(options: GruBenchOptions): Promise<object> {
  const { shape, batchSize, rounds, kernels } = options;
  const backend = options.backend ?? (await fastestBackend(shape, batchSize));
  if (!(await useBackend(backend))) throw new RangeError(`--backend: ${backend} does not start here`);
  const error = errorOfGradient(options);
  const ours = createNetwork(shape, { seed: 1, kernels });
  const tfjs = new TensorflowNetwork(shape, ours.levels, ours.getWeights());
  for (let round = 0; round < WARM_UP_ROUNDS; round++) takeRound(ours, tfjs, batchSize, noTimes());
  const times = noTimes();
  for (let round = 0; round < rounds; round++) takeRound(ours, tfjs, batchSize, times);
  tfjs.dispose();
  return { ...description(ours, backend), ...figures(times), max_relative_gradient_error: error };
}

function noTimes(): Times {
  return {
    train: noTurns(),
    predict: noTurns(),
    tfjsTrain: noTurns(),
    tfjsPredict: noTurns(),
    tfjsOnePass: noTurns(),
  };
}

function takeRound(ours: Network, tfjs: TensorflowNetwork, batchSize: number, times: Times): void {
  const batch = randomWindows(ours.shape, batchSize, 1);
  const { inputs, context } = randomWindows(ours.shape, PREDICTED_SERIES, 2);
  takeTurn(() => ours.trainStep(batch, { learningRate: LEARNING_RATE }), OURS_IN_A_TURN, times.train);
  takeTurn(() => tfjs.trainStep(batch, LEARNING_RATE), 1, times.tfjsTrain);
  takeTurn(() => ours.predict(inputs, context, PREDICTED_SERIES), OURS_IN_A_TURN, times.predict);
  takeTurn(() => tfjs.predict(inputs, context, PREDICTED_SERIES), 1, times.tfjsPredict);
  takeTurn(() => tfjs.predict(inputs, context, PREDICTED_SERIES, PREDICTED_SERIES), 1, times.tfjsOnePass);
}

function description(ours: Network, backend: string): object {
  const { units, dense, batchNorm, dropout } = ours.shape;
  return {
    units,
    dense,
    batch_norm: batchNorm,
    dropout,
    kernels: ours.kernels,
    tfjs_backend: backend,
    node: process.version,
    network_bytes: ours.peakBytes,
    peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
  };
}

function figures({ train, predict, tfjsTrain, tfjsPredict, tfjsOnePass }: Times): object {
  return {
    train_step_ms: median(train.ms),
    predict_ms: median(predict.ms),
    tfjs_train_step_ms: median(tfjsTrain.ms),
    tfjs_predict_ms: median(tfjsPredict.ms),
    tfjs_predict_one_pass_ms: median(tfjsOnePass.ms),
    train_ratio: median(tfjsTrain.ms) / median(train.ms),
    predict_ratio: median(tfjsPredict.ms) / median(predict.ms),
    predict_one_pass_ratio: median(tfjsOnePass.ms) / median(predict.ms),
    train_step_cpu_ms: median(train.cpuMs),
    predict_cpu_ms: median(predict.cpuMs),
    train_cpu_ratio: median(tfjsTrain.cpuMs) / median(train.cpuMs),
    predict_cpu_ratio: median(tfjsPredict.cpuMs) / median(predict.cpuMs),
    predict_one_pass_cpu_ratio: median(tfjsOnePass.cpuMs) / median(predict.cpuMs),
  };
}

/** The backend with the quickest training step after one to warm up. */
async function fastestBackend(shape: NetworkShape, batchSize: number): Promise<string> {
  const ours = createNetwork(shape, { seed: 1 });
  const batch = randomWindows(shape, batchSize, 1);
  let best = { name: '', ms: Number.POSITIVE_INFINITY };
  for (const name of await startableBackends()) {
    await useBackend(name);
    const network = new TensorflowNetwork(shape, ours.levels, ours.getWeights());
    const times = noTurns();
    for (let i = 0; i < 2; i++) takeTurn(() => network.trainStep(batch, LEARNING_RATE), 1, times);
    network.dispose();
    const ms = times.ms.at(-1)!;
    if (ms < best.ms) best = { name, ms };
  }
  return best.name;
}

/** A few steps from the start, where no head is zero any more; without dropout, whose draws differ. */
function errorOfGradient({ shape, batchSize, kernels }: GruBenchOptions): number {
  const still = { ...shape, dropout: 0 };
  const ours = createNetwork(still, { seed: 1, kernels });
  const batch = randomWindows(still, batchSize, 3);
  for (let i = 0; i < 5; i++) ours.trainStep(batch, { learningRate: 0.01 });
  const tfjs = new TensorflowNetwork(still, ours.levels, ours.getWeights());
  const error = gradientError(ours, tfjs, batch);
  tfjs.dispose();
  return error;
}
