import { solvePositiveDefinite } from '../baselines/solve-positive-definite.ts';
import { LEVELS } from '../mixture/levels.ts';
import type { Batch } from '../network/batch.ts';
import { headInputs, type NetworkShape } from '../network/network-shape.ts';
import { tensorNamed, weightLayout } from '../network/weight-layout.ts';

/** Penalties that are tried, as shares of the mean variance of the inputs; the last leaves nearly nothing but the anchor. */
const PENALTIES = [0.001, 0.01, 0.1, 1, 10, 1000];
/** With a long horizon there would be more inputs than a line can be fitted to in time. */
const MOST_INPUTS = 400;
/** Parts of the time that are left out in turn. */
const FOLDS = 5;
/** Least increment from quantile to quantile, in units of a window's scale. */
const LEAST_INCREMENT = 0.01;

/**
 * Weights like `initial`, with a line in the heads: the ridge regression (Hoerl & Kennard 1970) of the targets on the
 * window's rates and its seasons, weighted as the loss is, with the penalty that has the least absolute error when a fifth
 * of the time is left out in turn; the increments to the higher quantiles are those of its errors there. So the GRU has
 * only to learn what a line cannot say, and a history too short for that still has a network as good as the line.
 *
 * @param windows in the order of time
 */
export function withLinearPath(initial: Float32Array, windows: Batch, shape: NetworkShape): Float32Array {
  const rows = new LineRows(windows, shape);
  if (rows.size > MOST_INPUTS) return initial;
  const folds = Array.from({ length: FOLDS }, (_, fold) => sumsOf(rows, ...foldRange(fold, windows.size)));
  const all = folds.reduce(plus);
  let best: { penalty: number; errors: StepErrors[]; sum: number } | undefined;
  for (const penalty of PENALTIES) {
    const errors = errorsLeftOut(rows, all, folds, penalty);
    const sum = errors?.reduce((total, { absoluteSum }) => total + absoluteSum, 0) ?? Number.NaN;
    if (errors !== undefined && !(sum >= (best?.sum ?? Number.POSITIVE_INFINITY)))
      best = { penalty, errors, sum };
  }
  const line = best === undefined ? undefined : solve(all, rows, best.penalty);
  return best === undefined || line === undefined ? initial : written(initial, line, best.errors, shape);
}

function foldRange(fold: number, windows: number): [number, number] {
  return [Math.floor((fold * windows) / FOLDS), Math.floor(((fold + 1) * windows) / FOLDS)];
}

/** What the line sees of each window: its rates, then its seasons. */
class LineRows {
  readonly size: number;
  readonly horizon: number;
  readonly batch: Batch;
  readonly #shape: NetworkShape;

  constructor(batch: Batch, shape: NetworkShape) {
    this.batch = batch;
    this.#shape = shape;
    this.size = shape.sequenceLength + shape.context;
    this.horizon = shape.horizon;
  }

  read(window: number, row: Float64Array): void {
    const { sequenceLength, features, context } = this.#shape;
    for (let i = 0; i < sequenceLength; i++) {
      row[i] = this.batch.inputs[(window * sequenceLength + i) * features]!;
    }
    for (let i = 0; i < context; i++) {
      row[sequenceLength + i] = this.batch.context[window * context + i]!;
    }
  }

  weight(window: number): number {
    return this.batch.weights?.[window] ?? 1;
  }
}

/** XᵀWX (lower triangle) and XᵀWY of some windows. */
interface Sums {
  readonly gram: Float64Array;
  readonly moments: Float64Array;
}

/** An unknown target counts as the anchor. */
function sumsOf(rows: LineRows, first: number, end: number): Sums {
  const { size, horizon, batch } = rows;
  const gram = new Float64Array(size * size);
  const moments = new Float64Array(size * horizon);
  const row = new Float64Array(size);
  for (let window = first; window < end; window++) {
    rows.read(window, row);
    const weight = rows.weight(window) ** 2;
    for (let i = 0; i < size; i++) {
      const input = weight * row[i]!;
      if (input === 0) continue;
      for (let j = 0; j <= i; j++) gram[i * size + j]! += input * row[j]!;
      for (let h = 0; h < horizon; h++) {
        const at = window * horizon + h;
        moments[i * horizon + h]! += input * batch.targets[at]! * batch.mask[at]!;
      }
    }
  }
  return { gram, moments };
}

function plus(a: Sums, b: Sums): Sums {
  return combined(a, b, 1);
}

function combined(a: Sums, b: Sums, factor: number): Sums {
  return {
    gram: a.gram.map((value, i) => value + factor * b.gram[i]!),
    moments: a.moments.map((value, i) => value + factor * b.moments[i]!),
  };
}

/** Weights in rows of `horizon`. */
function solve(
  { gram, moments }: Sums,
  { size, horizon }: LineRows,
  penalty: number,
): Float64Array | undefined {
  return solvePositiveDefinite(penalized(gram, size, penalty), moments.slice(), size, horizon);
}

function penalized(gram: Float64Array, size: number, share: number): Float64Array {
  const copy = gram.slice();
  let trace = 0;
  for (let i = 0; i < size; i++) trace += gram[i * size + i]!;
  for (let i = 0; i < size; i++) copy[i * size + i]! += (share * trace) / size;
  return copy;
}

interface StepErrors {
  /** Known targets minus forecasts, ascending, in units of the window's scale. */
  readonly sorted: Float64Array;
  /** As the loss weighs them. */
  readonly absoluteSum: number;
}

/** Errors of each step ahead on every fold by the line of the others. */
function errorsLeftOut(
  rows: LineRows,
  all: Sums,
  folds: readonly Sums[],
  penalty: number,
): StepErrors[] | undefined {
  const errors: number[][] = Array.from({ length: rows.horizon }, () => []);
  const sums = new Float64Array(rows.horizon);
  for (const [fold, own] of folds.entries()) {
    const line = solve(combined(all, own, -1), rows, penalty);
    if (line === undefined) return undefined;
    addErrors(rows, line, foldRange(fold, rows.batch.size), errors, sums);
  }
  return errors.map((of, h) => ({ sorted: Float64Array.from(of).sort(), absoluteSum: sums[h]! }));
}

function addErrors(
  rows: LineRows,
  line: Float64Array,
  [first, end]: readonly [number, number],
  errors: readonly number[][],
  sums: Float64Array,
): void {
  const { batch, horizon, size } = rows;
  const row = new Float64Array(size);
  for (let window = first; window < end; window++) {
    rows.read(window, row);
    for (let h = 0; h < horizon; h++) {
      if (batch.mask[window * horizon + h] === 0) continue;
      let forecast = 0;
      for (let i = 0; i < size; i++) forecast += row[i]! * line[i * horizon + h]!;
      const error = batch.targets[window * horizon + h]! - forecast;
      errors[h]!.push(error);
      sums[h]! += rows.weight(window) * Math.abs(error);
    }
  }
}

function written(
  initial: Float32Array,
  line: Float64Array,
  errors: readonly StepErrors[],
  shape: NetworkShape,
): Float32Array {
  const { sequenceLength, features, context, horizon } = shape;
  const weights = initial.slice();
  const layout = weightLayout(shape);
  const columns = shape.quantiles * horizon;
  const kernel = tensorNamed(layout, 'head/kernel').offset;
  const bias = tensorNamed(layout, 'head/bias').offset;
  const firstInput = headInputs(shape) - sequenceLength * features;
  for (let i = 0; i < sequenceLength + context; i++) {
    const inputRow =
      i < sequenceLength ? firstInput + i * features : firstInput - context + i - sequenceLength;
    for (let h = 0; h < horizon; h++) weights[kernel + inputRow * columns + h] = line[i * horizon + h]!;
  }
  errors.forEach(({ sorted }, h) => {
    incrementsOf(sorted).forEach((increment, q) => {
      weights[bias + (q + 1) * horizon + h] = inverseSoftplus(increment);
    });
  });
  return weights;
}

function incrementsOf(sorted: Float64Array): readonly number[] {
  let below = 0;
  return LEVELS.slice(1).map((level) => {
    const quantile = Math.max(below, sorted[Math.ceil(level * sorted.length) - 1] ?? 0);
    const increment = Math.max(LEAST_INCREMENT, quantile - below);
    below = quantile;
    return increment;
  });
}

function inverseSoftplus(value: number): number {
  return value > 20 ? value : Math.log(Math.expm1(value));
}
