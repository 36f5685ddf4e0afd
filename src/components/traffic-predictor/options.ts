import type { Clock, Logger } from '../../models/ports.ts';
import { contextLength } from './gru/context.ts';
import { LEVELS } from './mixture/levels.ts';
import type { NetworkShape } from './network/network-shape.ts';

export interface TrafficPredictorOptions {
  /** Steps that the network sees. Default 60. */
  readonly sequenceLength?: number;
  /** Steps that are forecast. Default 10. */
  readonly predictionHorizon?: number;
  /** How many of rate, mean latency, error ratio the network sees: 1 to 3. Default 3. */
  readonly featureDim?: number;
  /** Length of a step, s. Default 60. */
  readonly step?: number;
  /** GRU layers, first to last. Default [32]. */
  readonly units?: readonly number[];
  /** Dense layers between the GRU and the outputs, first to last. Default [64]. */
  readonly dense?: readonly number[];
  /** Batch normalisation after each GRU layer. Default false. */
  readonly batchNorm?: boolean;
  /** Share of each GRU layer's outputs that a training step leaves out. Default 0. */
  readonly dropout?: number;
  /** Of Adam. Default 0.003. */
  readonly learningRate?: number;
  /** Windows in one gradient step. Default 32. */
  readonly batchSize?: number;
  /** Default 60. */
  readonly maxEpochs?: number;
  /** Training stops after this long and keeps the best epoch, s. Default 60. */
  readonly trainingBudget?: number;
  /** A training may take this much memory, MiB. Default 512. */
  readonly trainingMemory?: number;
  /** Of initial weights and shuffles. Default 1. */
  readonly seed?: number;
  /** Only stamps the status. Default: the machine's clock. */
  readonly clock?: Pick<Clock, 'nowSeconds'>;
  /** Default: nothing is logged. */
  readonly logger?: Logger;
}

export interface TrainingSettings {
  readonly learningRate: number;
  readonly batchSize: number;
  readonly maxEpochs: number;
  readonly budgetSeconds: number;
  readonly memoryBytes: number;
  readonly seed: number;
}

/** What decides the network's weights: a saved network fits only where these are equal. */
export function networkShape(options: TrafficPredictorOptions): NetworkShape {
  const shape = {
    sequenceLength: options.sequenceLength ?? 60,
    horizon: options.predictionHorizon ?? 10,
    features: options.featureDim ?? 3,
    context: contextLength(options.predictionHorizon ?? 10),
    quantiles: LEVELS.length,
    units: [...(options.units ?? [32])],
    dense: [...(options.dense ?? [64])],
    batchNorm: options.batchNorm ?? false,
    dropout: options.dropout ?? 0,
  };
  requireWhole('sequenceLength', shape.sequenceLength, 2, 100_000);
  requireWhole('predictionHorizon', shape.horizon, 1, 10_000);
  requireWhole('featureDim', shape.features, 1, 3);
  if (shape.units.length === 0) throw new RangeError('units: found [], allowed: at least one layer');
  for (const units of shape.units) requireWhole('units', units, 1, 4096);
  for (const units of shape.dense) requireWhole('dense', units, 1, 4096);
  if (!(shape.dropout >= 0 && shape.dropout < 1)) {
    throw new RangeError(`dropout: found ${shape.dropout}, allowed: from 0 to less than 1`);
  }
  return shape;
}

export function trainingSettings(options: TrafficPredictorOptions): TrainingSettings {
  const settings = {
    learningRate: options.learningRate ?? 0.003,
    batchSize: options.batchSize ?? 32,
    maxEpochs: options.maxEpochs ?? 60,
    budgetSeconds: options.trainingBudget ?? 60,
    memoryBytes: (options.trainingMemory ?? 512) * 2 ** 20,
    seed: options.seed ?? 1,
  };
  requireWhole('batchSize', settings.batchSize, 1, 65_536);
  requireWhole('maxEpochs', settings.maxEpochs, 1, 1_000_000);
  requirePositive('learningRate', settings.learningRate);
  requirePositive('trainingBudget', settings.budgetSeconds);
  requirePositive('trainingMemory', settings.memoryBytes);
  return settings;
}

function requireWhole(name: string, found: number, least: number, most: number): void {
  if (Number.isInteger(found) && found >= least && found <= most) return;
  throw new RangeError(`${name}: found ${found}, allowed: a whole number from ${least} to ${most}`);
}

function requirePositive(name: string, found: number): void {
  if (Number.isFinite(found) && found > 0) return;
  throw new RangeError(`${name}: found ${found}, allowed: a number above 0`);
}
