import { solvePositiveDefinite } from '../baselines/solve-positive-definite.ts';
import type { Batch } from '../network/batch.ts';
import type { NetworkShape } from '../network/network-shape.ts';
import { QUANTILE_COUNT, QUANTILES } from './quantiles.ts';

/** Penalties that are tried, as shares of the mean variance of the inputs. */
const PENALTIES = [0.01, 0.1, 1, 10];

/** Least increment from quantile to quantile, in units of a window's scale. */
const LEAST_INCREMENT = 0.01;

/** Weights with which training starts. */
export interface LinearStart {
  /** Of the linear path, [sequenceLength · features, horizon · 3]; zero where the line has no say. */
  readonly kernel: Float32Array;
  /** Of the outputs, [horizon · 3]. */
  readonly bias: Float32Array;
}

/**
 * The ridge regression of the known targets on the window's rates, over all chains, with the penalty that has the
 * least absolute error on the validation windows; the increments to the higher quantiles are those of its errors
 * there. So the GRU has only to learn what a line cannot say, and no gradient step is spent on finding the line.
 */
export function linearStart(training: Batch, validation: Batch, shape: NetworkShape): LinearStart {
  const { gram, moments } = normalEquations(training, shape);
  const { sequenceLength: steps, horizon } = shape;
  let best: { weights: Float64Array; errors: Float64Array[]; sum: number } | undefined;
  for (const penalty of PENALTIES) {
    const weights = solvePositiveDefinite(penalized(gram, steps, penalty), moments.slice(), steps, horizon);
    if (weights === undefined) continue;
    const errors = errorsByStep(weights, validation, shape);
    const sum = errors.reduce((all, ofStep) => all + absoluteSum(ofStep), 0);
    if (best === undefined || sum < best.sum) best = { weights, errors, sum };
  }
  const weights = best?.weights ?? new Float64Array(steps * horizon);
  const errors = best?.errors ?? errorsByStep(weights, validation, shape);
  return { kernel: toKernel(weights, shape), bias: toBias(errors) };
}

function normalEquations(batch: Batch, shape: NetworkShape) {
  const { sequenceLength: steps, features, horizon } = shape;
  const gram = new Float64Array(steps * steps);
  const moments = new Float64Array(steps * horizon);
  for (let window = 0; window < batch.size; window++) {
    const from = window * steps * features;
    for (let i = 0; i < steps; i++) {
      const input = batch.inputs[from + i * features]!;
      for (let j = 0; j <= i; j++) gram[i * steps + j]! += input * batch.inputs[from + j * features]!;
      for (let h = 0; h < horizon; h++)
        moments[i * horizon + h]! += input * batch.targets[window * horizon + h]!;
    }
  }
  return { gram, moments };
}

function penalized(gram: Float64Array, size: number, share: number): Float64Array {
  const copy = gram.slice();
  let trace = 0;
  for (let i = 0; i < size; i++) trace += gram[i * size + i]!;
  for (let i = 0; i < size; i++) copy[i * size + i]! += (share * trace) / size;
  return copy;
}

/** Known targets minus forecasts, ascending, by step ahead. */
function errorsByStep(weights: Float64Array, batch: Batch, shape: NetworkShape): Float64Array[] {
  const { sequenceLength: steps, features, horizon } = shape;
  return Array.from({ length: horizon }, (_, h) => {
    const errors: number[] = [];
    for (let window = 0; window < batch.size; window++) {
      const at = window * horizon + h;
      if (batch.mask[at] === 0) continue;
      let forecast = 0;
      for (let i = 0; i < steps; i++) {
        forecast += batch.inputs[(window * steps + i) * features]! * weights[i * horizon + h]!;
      }
      errors.push(batch.targets[at]! - forecast);
    }
    return Float64Array.from(errors).sort();
  });
}

function absoluteSum(errors: Float64Array): number {
  return errors.reduce((sum, error) => sum + Math.abs(error), 0);
}

function toBias(errorsOfSteps: readonly Float64Array[]): Float32Array {
  const bias = new Float32Array(errorsOfSteps.length * QUANTILE_COUNT);
  errorsOfSteps.forEach((errors, h) => {
    let below = 0;
    for (let q = 1; q < QUANTILE_COUNT; q++) {
      const level = errors[Math.ceil(QUANTILES[q]! * errors.length) - 1] ?? 0;
      bias[h * QUANTILE_COUNT + q] = inverseSoftplus(Math.max(LEAST_INCREMENT, level - below));
      below = Math.max(below, level);
    }
  });
  return bias;
}

function inverseSoftplus(value: number): number {
  return value > 20 ? value : Math.log(Math.expm1(value));
}

function toKernel(weights: Float64Array, shape: NetworkShape): Float32Array {
  const { sequenceLength: steps, features, horizon } = shape;
  const columns = horizon * QUANTILE_COUNT;
  const kernel = new Float32Array(steps * features * columns);
  for (let i = 0; i < steps; i++) {
    for (let h = 0; h < horizon; h++) {
      kernel[i * features * columns + h * QUANTILE_COUNT] = weights[i * horizon + h]!;
    }
  }
  return kernel;
}
