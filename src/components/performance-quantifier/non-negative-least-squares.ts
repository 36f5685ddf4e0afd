const MAX_SWEEPS = 200;
const TOLERANCE = 1e-10;

/**
 * x ≥ 0 that minimises ½·xᵀGx − hᵀx, which is least squares |Ax − y|² with G = AᵀA (row after row, positive
 * semidefinite, n × n) and h = Aᵀy. Starts from `start` and returns a new array.
 *
 * Sequential coordinate-wise algorithm: V. Franc, V. Hlaváč, M. Navara, "Sequential Coordinate-Wise Algorithm for the
 * Non-negative Least Squares Problem", CAIP 2005, section 3. One unknown after the other is set to its best value given the others; the objective never
 * grows, and for a positive definite G it converges to the only minimum. A column of zeros leaves its unknown alone.
 */
export function solveNonNegative(
  gram: Float64Array,
  right: Float64Array,
  start: Float64Array = new Float64Array(right.length),
): Float64Array<ArrayBuffer> {
  const n = right.length;
  const solution = Float64Array.from(start, (value) => Math.max(0, value));
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    let largestStep = 0;
    let largest = 0;
    for (let i = 0; i < n; i++) {
      const diagonal = gram[i * n + i]!;
      if (diagonal <= 0) continue;
      let gradient = -right[i]!;
      for (let j = 0; j < n; j++) gradient += gram[i * n + j]! * solution[j]!;
      const next = Math.max(0, solution[i]! - gradient / diagonal);
      largestStep = Math.max(largestStep, Math.abs(next - solution[i]!));
      largest = Math.max(largest, next);
      solution[i] = next;
    }
    if (largestStep <= TOLERANCE * largest) break;
  }
  return solution;
}
