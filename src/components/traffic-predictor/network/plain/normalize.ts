import { NORM_EPSILON, type Place, type Statistics, type Values } from '../kernels.ts';

/** See `Kernels.moments`. */
export function moments(
  values: Values,
  from: Place,
  rows: number,
  columns: number,
  live: number,
  steps: number,
  mean: Place,
  variance: Place,
): void {
  for (let row = 0; row < rows; row++) {
    let [sum, squares] = [0, 0];
    each(steps, rows, columns, live, row, (i) => {
      sum += values[from + i]!;
    });
    const center = sum / (steps * live);
    each(steps, rows, columns, live, row, (i) => {
      squares += (values[from + i]! - center) ** 2;
    });
    values[mean + row] = center;
    values[variance + row] = squares / (steps * live);
  }
}

/** See `Kernels.normalize`. */
export function normalize(
  values: Values,
  from: Place,
  rows: number,
  columns: number,
  steps: number,
  statistics: Statistics,
  gamma: Place,
  beta: Place,
  to: Place,
): void {
  for (let row = 0; row < rows; row++) {
    const factor = values[gamma + row]! * inverseDeviation(values, statistics, row);
    const shift = values[beta + row]! - values[statistics.mean + row]! * factor;
    each(steps, rows, columns, columns, row, (i) => {
      values[to + i] = values[from + i]! * factor + shift;
    });
  }
}

/** See `Kernels.normalizeBack`. Ioffe & Szegedy 2015, section 3, the gradients in closed form. */
export function normalizeBack(
  values: Values,
  from: Place,
  rows: number,
  columns: number,
  live: number,
  steps: number,
  statistics: Statistics,
  gamma: Place,
  gradients: Place,
  gammaGradient: Place,
  betaGradient: Place,
): void {
  for (let row = 0; row < rows; row++) {
    const mean = values[statistics.mean + row]!;
    const inverse = inverseDeviation(values, statistics, row);
    let [sum, product] = [0, 0];
    each(steps, rows, columns, live, row, (i) => {
      sum += values[gradients + i]!;
      product += values[gradients + i]! * (values[from + i]! - mean) * inverse;
    });
    values[gammaGradient + row]! += product;
    values[betaGradient + row]! += sum;
    const count = steps * live;
    const factor = values[gamma + row]! * inverse;
    each(steps, rows, columns, columns, row, (i) => {
      const normal = (values[from + i]! - mean) * inverse;
      const back = factor * (values[gradients + i]! - sum / count - (normal * product) / count);
      values[gradients + i] = i % columns < live ? back : 0;
    });
  }
}

function inverseDeviation(values: Values, { variance }: Statistics, row: number): number {
  return 1 / Math.sqrt(values[variance + row]! + NORM_EPSILON);
}

/** Positions of one row in every step. */
function each(
  steps: number,
  rows: number,
  columns: number,
  live: number,
  row: number,
  visit: (position: number) => void,
): void {
  for (let step = 0; step < steps; step++) {
    const first = (step * rows + row) * columns;
    for (let i = first; i < first + live; i++) visit(i);
  }
}
