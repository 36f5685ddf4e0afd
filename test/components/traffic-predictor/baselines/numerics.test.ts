import { describe, expect, test } from 'vitest';
import { findPeriod } from '../../../../src/components/traffic-predictor/baselines/find-period.ts';
import { solvePositiveDefinite } from '../../../../src/components/traffic-predictor/baselines/solve-positive-definite.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { rangeOf } from '../series.ts';

describe('finding the period', () => {
  test.each([8, 24, 97, 1440])('finds a season of %d steps under noise', (period) => {
    const random = seededRandom(3);
    const values = rangeOf(period * 5, (step) => Math.sin((2 * Math.PI * step) / period) + 0.5 * random());
    expect(Math.abs(findPeriod(values)! - period)).toBeLessThanOrEqual(Math.ceil(period * 0.02));
  });

  test('finds none in white noise or a constant', () => {
    const random = seededRandom(4);
    expect(findPeriod(rangeOf(300, () => random()))).toBeUndefined();
    expect(findPeriod(rangeOf(300, () => 5))).toBeUndefined();
  });
});

test('solving by Cholesky gives back the unknowns of a random system', () => {
  const random = seededRandom(6);
  const size = 7;
  const root = rangeOf(size * size, () => random() - 0.5);
  const matrix = rangeOf(size * size, (at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    let sum = i === j ? 0.1 : 0;
    for (let k = 0; k < size; k++) sum += root[i * size + k]! * root[j * size + k]!;
    return sum;
  });
  const wanted = rangeOf(size * 2, () => random());
  const right = rangeOf(size * 2, (at) => {
    const [i, c] = [Math.floor(at / 2), at % 2];
    let sum = 0;
    for (let k = 0; k < size; k++) sum += matrix[i * size + k]! * wanted[k * 2 + c]!;
    return sum;
  });
  solvePositiveDefinite(matrix, right, size, 2)!.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i]!, 8);
  });
  expect(solvePositiveDefinite(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1), 2, 1)).toBeUndefined();
});
