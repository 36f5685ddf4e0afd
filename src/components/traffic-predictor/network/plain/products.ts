import { ADD, type Place, type Values, ZERO } from '../kernels.ts';

/** See `Kernels.pack`: full tiles are [depth × 4], the rows that are left follow one by one. */
export function pack(
  values: Values,
  from: Place,
  rowStride: number,
  columnStride: number,
  rows: number,
  depth: number,
  to: Place,
): void {
  const tiled = rows - (rows % 4);
  let at = to;
  for (let row = 0; row < rows; row += row < tiled ? 4 : 1) {
    const tile = row < tiled ? 4 : 1;
    for (let k = 0; k < depth; k++) {
      for (let i = 0; i < tile; i++) values[at++] = values[from + (row + i) * rowStride + k * columnStride]!;
    }
  }
}

/** See `Kernels.product`. */
export function product(
  values: Values,
  packed: Place,
  matrix: Place,
  to: Place,
  rows: number,
  depth: number,
  columns: number,
  start: Place,
): void {
  const tiled = rows - (rows % 4);
  for (let row = 0; row < rows; row += row < tiled ? 4 : 1) {
    const tile = row < tiled ? tileOfFour : tileOfOne;
    const first = packed + row * depth;
    const target = to + row * columns;
    begin(values, target, row < tiled ? 4 : 1, columns, start < 0 ? start : start + row);
    for (let column = 0; column < columns; column += 2) {
      tile(values, first, matrix + column, target + column, depth, columns);
    }
  }
}

function begin(values: Values, target: Place, rows: number, columns: number, start: Place): void {
  if (start === ADD) return;
  for (let row = 0; row < rows; row++) {
    const value = start === ZERO ? 0 : values[start + row]!;
    values.fill(value, target + row * columns, target + (row + 1) * columns);
  }
}

function tileOfFour(
  values: Values,
  packed: Place,
  matrix: Place,
  to: Place,
  depth: number,
  columns: number,
): void {
  let [a0, a1, b0, b1, c0, c1, d0, d1] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let k = 0, at = packed, from = matrix; k < depth; k++, at += 4, from += columns) {
    const x = values[from]!;
    const y = values[from + 1]!;
    const [a, b, c, d] = [values[at]!, values[at + 1]!, values[at + 2]!, values[at + 3]!];
    a0 += a * x;
    a1 += a * y;
    b0 += b * x;
    b1 += b * y;
    c0 += c * x;
    c1 += c * y;
    d0 += d * x;
    d1 += d * y;
  }
  addPair(values, to, a0, a1);
  addPair(values, to + columns, b0, b1);
  addPair(values, to + 2 * columns, c0, c1);
  addPair(values, to + 3 * columns, d0, d1);
}

function tileOfOne(
  values: Values,
  packed: Place,
  matrix: Place,
  to: Place,
  depth: number,
  columns: number,
): void {
  let [x, y] = [0, 0];
  for (let k = 0, from = matrix; k < depth; k++, from += columns) {
    x += values[packed + k]! * values[from]!;
    y += values[packed + k]! * values[from + 1]!;
  }
  addPair(values, to, x, y);
}

function addPair(values: Values, to: Place, x: number, y: number): void {
  values[to]! += x;
  values[to + 1]! += y;
}

/** See `Kernels.outerProduct`. */
export function outerProduct(
  values: Values,
  left: Place,
  leftStride: number,
  leftRows: number,
  right: Place,
  rightStride: number,
  rightRows: number,
  columns: number,
  steps: number,
  to: Place,
  toStride: number,
): void {
  for (let step = 0; step < steps; step++) {
    for (let i = 0; i < leftRows; i++) {
      const a = left + step * leftStride + i * columns;
      for (let j = 0; j < rightRows; j++) {
        const b = right + step * rightStride + j * columns;
        values[to + i * toStride + j]! += dot(values, a, b, columns);
      }
    }
  }
}

function dot(values: Values, a: Place, b: Place, count: number): number {
  let even = 0;
  let odd = 0;
  for (let i = 0; i < count; i += 2) {
    even += values[a + i]! * values[b + i]!;
    odd += values[a + i + 1]! * values[b + i + 1]!;
  }
  return even + odd;
}

/** See `Kernels.rowSums`. */
export function rowSums(
  values: Values,
  from: Place,
  stride: number,
  rows: number,
  columns: number,
  steps: number,
  to: Place,
): void {
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let step = 0; step < steps; step++) {
      const at = from + step * stride + row * columns;
      for (let i = 0; i < columns; i++) sum += values[at + i]!;
    }
    values[to + row]! += sum;
  }
}
