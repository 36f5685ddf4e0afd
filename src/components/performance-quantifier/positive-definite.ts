/**
 * Inverse of a symmetric positive definite n × n matrix (row after row), by Cholesky's factorisation (Golub, Van Loan, "Matrix
 * Computations", section 4.2); undefined when it is not positive definite to working precision.
 */
export function invertPositiveDefinite(matrix: Float64Array, n: number): Float64Array | undefined {
  const root = choleskyFactor(matrix, n);
  if (root === undefined) return undefined;
  const inverse = new Float64Array(n * n);
  for (let column = 0; column < n; column++) {
    for (let row = 0; row < n; row++) {
      let value = row === column ? 1 : 0;
      for (let k = column; k < row; k++) value -= root[row * n + k]! * inverse[k * n + column]!;
      inverse[row * n + column] = row < column ? 0 : value / root[row * n + row]!;
    }
  }
  return gramOfColumns(inverse, n);
}

/** L with L·Lᵀ = matrix. */
function choleskyFactor(matrix: Float64Array, n: number): Float64Array | undefined {
  const root = new Float64Array(n * n);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column <= row; column++) {
      let value = matrix[row * n + column]!;
      for (let k = 0; k < column; k++) value -= root[row * n + k]! * root[column * n + k]!;
      if (row !== column) root[row * n + column] = value / root[column * n + column]!;
      else if (value > 1e-12 * matrix[row * n + row]!) root[row * n + row] = Math.sqrt(value);
      else return undefined;
    }
  }
  return root;
}

/** L⁻ᵀ·L⁻¹ of the lower triangular L⁻¹. */
function gramOfColumns(lower: Float64Array, n: number): Float64Array {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let value = 0;
      for (let k = Math.max(i, j); k < n; k++) value += lower[k * n + i]! * lower[k * n + j]!;
      result[i * n + j] = value;
    }
  }
  return result;
}
