import type { NetworkShape } from '../network/network-shape.ts';
import {
  type TrainedBefore,
  type TrainedNetwork,
  type TrainingControl,
  type TrainingPlan,
  trainNetwork,
} from './train-network.ts';
import { TrainingJudge } from './training-judge.ts';
import { splitPlaces, type TrainingSeries } from './training-places.ts';

export type Retrained =
  | (Extract<TrainedNetwork, { kind: 'trained' }> & {
      /** Validation loss of the network before on the same windows. */
      readonly previousLoss?: number;
    })
  | Exclude<TrainedNetwork, { kind: 'trained' }>;

/**
 * Trains a network as `trainNetwork` does. Where the history has outgrown the network before and the one that was started
 * anew is worse on the same validation windows, it goes on from the one before after all.
 */
export async function retrain(
  series: readonly TrainingSeries[],
  endSeconds: number,
  shape: NetworkShape,
  plan: TrainingPlan,
  control: TrainingControl,
  before?: TrainedBefore,
): Promise<Retrained> {
  const startedSeconds = control.now();
  const trained = await trainNetwork(series, endSeconds, shape, plan, control, before);
  if (trained.kind !== 'trained' || before === undefined) return trained;
  const previousLoss = lossOf(before.weights, series, endSeconds, shape);
  if (trained.isIncremental || trained.validationLoss <= previousLoss) return { ...trained, previousLoss };
  const left = { ...plan, budgetSeconds: plan.budgetSeconds - (control.now() - startedSeconds) };
  const anyway = { ...before, freshWindows: Number.POSITIVE_INFINITY };
  const gone = await trainNetwork(series, endSeconds, shape, left, control, anyway);
  if (gone.kind !== 'trained') return gone;
  // A start from scratch was tried with this many windows: the next one is due when there are twice as many.
  return { ...gone, freshWindows: trained.freshWindows, previousLoss };
}

function lossOf(
  weights: Float32Array,
  series: readonly TrainingSeries[],
  endSeconds: number,
  shape: NetworkShape,
): number {
  const judge = new TrainingJudge(series, splitPlaces(series, shape, endSeconds).validation, shape);
  judge.isBest(weights);
  const loss = judge.best?.loss ?? Number.POSITIVE_INFINITY;
  judge.dispose();
  return loss;
}
