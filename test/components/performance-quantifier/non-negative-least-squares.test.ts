import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { solveNonNegative } from '../../../src/components/performance-quantifier/non-negative-least-squares.ts';

const SIZE = 3;
const rows = fc.array(
  fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: SIZE, maxLength: SIZE }),
  {
    minLength: 6,
    maxLength: 12,
  },
);
const targets = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 12, maxLength: 12 });

function gramOf(matrix: readonly number[][], target: readonly number[]) {
  const gram = new Float64Array(SIZE * SIZE);
  const right = new Float64Array(SIZE);
  for (const [i, row] of matrix.entries()) {
    for (let c = 0; c < SIZE; c++) {
      right[c] = right[c]! + row[c]! * target[i]!;
      for (let e = 0; e < SIZE; e++) gram[c * SIZE + e] = gram[c * SIZE + e]! + row[c]! * row[e]!;
    }
  }
  for (let c = 0; c < SIZE; c++) gram[c * SIZE + c] = gram[c * SIZE + c]! + 0.1;
  return { gram, right };
}

function objective(gram: Float64Array, right: Float64Array, x: ArrayLike<number>): number {
  let value = 0;
  for (let i = 0; i < SIZE; i++) {
    value -= right[i]! * x[i]!;
    for (let j = 0; j < SIZE; j++) value += 0.5 * gram[i * SIZE + j]! * x[i]! * x[j]!;
  }
  return value;
}

/** The best of the unconstrained solutions of all subsets of unknowns that come out non-negative: Cramer's rule. */
function bruteForce(gram: Float64Array, right: Float64Array): number {
  let best = 0;
  for (let mask = 1; mask < 1 << SIZE; mask++) {
    const chosen = [0, 1, 2].filter((i) => mask & (1 << i));
    const matrix = chosen.map((i) => chosen.map((j) => gram[i * SIZE + j]!));
    const values = chosen.map((_, k) => {
      const replaced = matrix.map((row, r) => row.map((value, c) => (c === k ? right[chosen[r]!]! : value)));
      return determinant(replaced) / determinant(matrix);
    });
    if (values.some((value) => value < 0)) continue;
    const x = [0, 0, 0];
    for (const [k, i] of chosen.entries()) x[i] = values[k]!;
    best = Math.min(best, objective(gram, right, x));
  }
  return best;
}

function determinant(m: readonly (readonly number[])[]): number {
  if (m.length === 1) return m[0]![0]!;
  return m[0]!.reduce((sum, value, c) => {
    const minor = m.slice(1).map((row) => row.filter((_, k) => k !== c));
    return sum + (c % 2 === 0 ? 1 : -1) * value * determinant(minor);
  }, 0);
}

describe('non-negative least squares', () => {
  it('finds what trying every set of active unknowns finds', () => {
    fc.assert(
      fc.property(rows, targets, (matrix, target) => {
        const { gram, right } = gramOf(matrix, target);
        const x = solveNonNegative(gram, right);
        expect(Math.min(...x)).toBeGreaterThanOrEqual(0);
        const expected = bruteForce(gram, right);
        expect(Math.abs(objective(gram, right, x) - expected)).toBeLessThan(1e-6 * (1 + Math.abs(expected)));
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it('leaves an unknown that nothing depends on where it started', () => {
    const gram = Float64Array.of(2, 0, 0, 0);
    expect([...solveNonNegative(gram, Float64Array.of(4, 0), Float64Array.of(0, 7))]).toEqual([2, 7]);
  });
});
