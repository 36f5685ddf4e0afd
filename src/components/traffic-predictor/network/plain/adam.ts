import { ADAM_EPSILON, type AdamFactors, BETA_1, BETA_2, type Place, type Values } from '../kernels.ts';

/** See `Kernels.sumOfSquares`. */
export function sumOfSquares(values: Values, from: Place, count: number): number {
  let sum = 0;
  for (let i = from; i < from + count; i++) sum += values[i]! * values[i]!;
  return sum;
}

/** See `Kernels.adam`. Kingma & Ba 2015, algorithm 1. */
export function adam(
  values: Values,
  weights: Place,
  gradients: Place,
  first: Place,
  second: Place,
  count: number,
  { scale, rate, correction }: AdamFactors,
): void {
  for (let i = 0; i < count; i++) {
    const gradient = values[gradients + i]! * scale;
    const m = BETA_1 * values[first + i]! + (1 - BETA_1) * gradient;
    const v = BETA_2 * values[second + i]! + (1 - BETA_2) * gradient * gradient;
    values[first + i] = m;
    values[second + i] = v;
    values[weights + i]! -= (rate * m) / (Math.sqrt(v * correction) + ADAM_EPSILON);
  }
}
