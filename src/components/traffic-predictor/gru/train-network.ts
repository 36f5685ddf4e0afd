import { setImmediate } from 'node:timers/promises';
import { seededRandom } from '../../../utils/random.ts';
import type { Batch } from '../network/batch.ts';
import { createNetwork, type Network } from '../network/network.ts';
import type { NetworkShape } from '../network/network-shape.ts';
import { AveragedWeights } from './averaged-weights.ts';
import { BatchWriter } from './batches.ts';
import { withLinearPath } from './linear-path.ts';
import { TrainingJudge } from './training-judge.ts';
import {
  PlaceShuffle,
  splitPlaces,
  spread,
  type TrainingSeries,
  type WindowPlaces,
} from './training-places.ts';

export interface TrainingPlan {
  /** Of Adam, at its highest. */
  readonly learningRate: number;
  readonly batchSize: number;
  /** Passes over the windows at most. */
  readonly maxEpochs: number;
  readonly budgetSeconds: number;
  readonly seed: number;
}

/** A network to go on from. */
export interface TrainedBefore {
  readonly weights: Float32Array;
  /** How many windows its last training from scratch had. */
  readonly freshWindows: number;
}

export type TrainedNetwork =
  | {
      readonly kind: 'trained';
      readonly weights: Float32Array;
      readonly freshWindows: number;
      /** Whether it went on from the network before. */
      readonly isIncremental: boolean;
      /** Passes over the windows, also parts of one. */
      readonly epochs: number;
      /** Mean pinball loss on the validation windows, in units of their series' mean absolute step. */
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

/** Windows that one training looks at, at most; and one that goes on from a network. */
const MOST_WINDOWS = 96_000;
const MOST_WINDOWS_INCREMENTAL = 16_000;
/** The weights are judged this often in a training, and it ends after this many judgements without a better one. */
const JUDGEMENTS = 30;
const PATIENCE = 15;
/** Windows that the line is fitted to. */
const LINEAR_WINDOWS = 4096;
const WARM_UP_STEPS = 50;
/** The learning rate falls to this share of its highest. */
const LEAST_RATE_SHARE = 0.02;
/** An incremental training takes smaller steps. */
const INCREMENTAL_RATE_SHARE = 0.3;
/** A network whose training from scratch had fewer than this share of today's windows is not gone on from. */
const LEAST_FRESH_SHARE = 0.5;

/**
 * Trains a network on all windows before `endSeconds` with Adam, the learning rate falling along half a cosine
 * (Loshchilov & Hutter 2017, equation 5), and answers the moving average of its weights at the judgement with the least
 * validation loss. Goes on from `before` where that is given and its first training had at least half of today's
 * windows; the network before is then one of the candidates, so the answer is never worse on the validation windows.
 *
 * Equal arguments give equal weights unless the time budget ends it. Gives the event loop a turn after every gradient step.
 */
export async function trainNetwork(
  history: readonly TrainingSeries[],
  endSeconds: number,
  shape: NetworkShape,
  plan: TrainingPlan,
  control: TrainingControl,
  before?: TrainedBefore,
): Promise<TrainedNetwork> {
  const series = history.map((one) => until(one, endSeconds));
  const { training, validation } = splitPlaces(series, shape, endSeconds);
  if (training.count === 0) return { kind: 'failed', reason: 'no window to train on' };
  const isIncremental = before !== undefined && before.freshWindows >= LEAST_FRESH_SHARE * training.count;
  const network = createNetwork(shape, { seed: plan.seed });
  const judge = new TrainingJudge(series, validation, shape);
  try {
    if (judge.batch.size === 0)
      return { kind: 'failed', reason: 'no window with changing, known rates to validate on' };
    const sample = linearSample(series, training, shape);
    network.setWeights(isIncremental ? before.weights : withLinearPath(network.getWeights(), sample, shape));
    const run = {
      network,
      judge,
      draw: drawing(series, training, shape, plan),
      steps: stepsOf(training.count, plan, isIncremental),
      highestRate: plan.learningRate * (isIncremental ? INCREMENTAL_RATE_SHARE : 1),
      deadlineSeconds: control.now() + plan.budgetSeconds,
    };
    const outcome = await runSteps(run, control);
    if (outcome.kind !== 'done') return outcome;
    if (judge.best === undefined) return { kind: 'failed', reason: 'the validation loss was never finite' };
    return {
      kind: 'trained',
      weights: judge.best.weights,
      validationLoss: judge.best.loss,
      freshWindows: isIncremental ? before.freshWindows : training.count,
      isIncremental,
      epochs: (outcome.steps * plan.batchSize) / training.count,
    };
  } finally {
    network.dispose();
    judge.dispose();
  }
}

/** The steps that end by then; nothing of the others goes into scales or weights either. */
function until(series: TrainingSeries, endSeconds: number): TrainingSeries {
  const { startSeconds, stepSeconds, rates, latencies, errorRatios } = series;
  const end = Math.max(0, Math.floor((endSeconds - startSeconds) / stepSeconds));
  return {
    startSeconds,
    stepSeconds,
    rates: rates.subarray(0, end),
    latencies: latencies.subarray(0, end),
    errorRatios: errorRatios.subarray(0, end),
  };
}

/** Windows that the line is fitted to, in the order of time. */
function linearSample(series: readonly TrainingSeries[], places: WindowPlaces, shape: NetworkShape): Batch {
  const endOf = (place: number) => {
    const { startSeconds, stepSeconds } = series[places.seriesOf[place]!]!;
    return startSeconds + places.originOf[place]! * stepSeconds;
  };
  const indices = spread(places, LINEAR_WINDOWS).sort((a, b) => endOf(a) - endOf(b));
  return new BatchWriter(series, shape, indices.length).write(places, indices);
}

/** Gradient steps of the whole training. */
function stepsOf(windows: number, { batchSize, maxEpochs }: TrainingPlan, goesOn: boolean): number {
  const looks = Math.min(maxEpochs * windows, goesOn ? MOST_WINDOWS_INCREMENTAL : MOST_WINDOWS);
  return Math.max(1, Math.ceil(looks / batchSize));
}

/** Answers the next batch at every call. */
function drawing(
  series: readonly TrainingSeries[],
  places: WindowPlaces,
  shape: NetworkShape,
  { batchSize, seed }: TrainingPlan,
): () => Batch {
  const writer = new BatchWriter(series, shape, batchSize);
  const shuffle = new PlaceShuffle(places, seededRandom(seed));
  const indices = new Uint32Array(batchSize);
  return () => {
    shuffle.draw(indices);
    return writer.write(places, indices);
  };
}

interface Run {
  readonly network: Network;
  readonly judge: TrainingJudge;
  readonly draw: () => Batch;
  readonly steps: number;
  readonly highestRate: number;
  readonly deadlineSeconds: number;
}

/** Leaves the best weights with the judge. */
async function runSteps(
  { network, judge, draw, steps, highestRate, deadlineSeconds }: Run,
  control: TrainingControl,
): Promise<{ readonly kind: 'done'; readonly steps: number } | Exclude<TrainedNetwork, { kind: 'trained' }>> {
  const every = Math.ceil(steps / JUDGEMENTS);
  const average = new AveragedWeights(network.getWeights());
  judge.isBest(network.getWeights());
  let withoutBetter = 0;
  let step = 0;
  while (step < steps && withoutBetter < PATIENCE && control.now() < deadlineSeconds) {
    const loss = network.trainStep(draw(), { learningRate: highestRate * rateShare(step, steps) });
    step += 1;
    if (!Number.isFinite(loss)) return { kind: 'failed', reason: `the loss was not finite in step ${step}` };
    average.add(network.getWeights());
    if (step % every === 0) withoutBetter = judge.isBest(average.get()) ? 0 : withoutBetter + 1;
    await setImmediate();
    if (control.isCancelled()) return { kind: 'cancelled' };
  }
  if (step % every !== 0) judge.isBest(average.get());
  return { kind: 'done', steps: step };
}

function rateShare(step: number, steps: number): number {
  const warm = Math.min(1, (step + 1) / WARM_UP_STEPS);
  const cosine = (1 + Math.cos((Math.PI * step) / steps)) / 2;
  return warm * (LEAST_RATE_SHARE + (1 - LEAST_RATE_SHARE) * cosine);
}
