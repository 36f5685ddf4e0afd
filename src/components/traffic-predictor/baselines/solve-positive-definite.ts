/**
 * Solves A·X = B for symmetric positive definite A by Cholesky factorisation (Golub & Van Loan, Matrix Computations,
 * 4th ed., algorithm 4.2.1 and section 3.1).
 *
 * @param matrix A, `size` × `size`, row by row; only the lower triangle is read, and overwritten
 * @param right B, `size` × `columns`, row by row; overwritten by X
 * @returns X, or undefined when A is not positive definite
 */
export function solvePositiveDefinite(
  matrix: Float64Array,
  right: Float64Array,
  size: number,
  columns: number,
): Float64Array | undefined {
  if (!factorize(matrix, size)) return undefined;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) subtractRow(right, columns, i, j, matrix[i * size + j]!);
    scaleRow(right, columns, i, 1 / matrix[i * size + i]!);
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let j = i + 1; j < size; j++) subtractRow(right, columns, i, j, matrix[j * size + i]!);
    scaleRow(right, columns, i, 1 / matrix[i * size + i]!);
  }
  return right;
}

function factorize(matrix: Float64Array, size: number): boolean {
  for (let i = 0; i < size; i++) {
    const row = i * size;
    for (let j = 0; j <= i; j++) {
      const other = j * size;
      let sum = matrix[row + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[row + k]! * matrix[other + k]!;
      if (i === j && !(sum > 0)) return false;
      matrix[row + j] = i === j ? Math.sqrt(sum) : sum / matrix[other + j]!;
    }
  }
  return true;
}

function subtractRow(rows: Float64Array, columns: number, to: number, from: number, factor: number): void {
  const [target, source] = [to * columns, from * columns];
  for (let c = 0; c < columns; c++) rows[target + c]! -= factor * rows[source + c]!;
}

function scaleRow(rows: Float64Array, columns: number, row: number, factor: number): void {
  for (let i = row * columns; i < (row + 1) * columns; i++) rows[i]! *= factor;
}
