// AssemblyScript.
import { address, multiplyAdd, NUMBER, VECTOR } from './vectors';

/** See `Kernels.product`. */
const ADD = -1;
const ZERO = -2;

/** See `Kernels.pack`: full tiles are [depth × 4], the rows that are left follow one by one. */
export function pack(from: i32, rowStride: i32, columnStride: i32, rows: i32, depth: i32, to: i32): void {
  const tiled = rows & ~3;
  const down = address(rowStride);
  const along = address(columnStride);
  let target = address(to);
  for (let row = 0; row < rows; row += row < tiled ? 4 : 1) {
    let at = address(from) + <usize>row * down;
    for (let k = 0; k < depth; k++) {
      store<f32>(target, load<f32>(at));
      target += NUMBER;
      if (row < tiled) {
        store<f32>(target, load<f32>(at + down));
        store<f32>(target, load<f32>(at + 2 * down), 4);
        store<f32>(target, load<f32>(at + 3 * down), 8);
        target += 3 * NUMBER;
      }
      at += along;
    }
  }
}

/** See `Kernels.product`. Eight sums of four numbers stay in registers: four rows of eight columns. */
export function product(
  packed: i32,
  matrix: i32,
  to: i32,
  rows: i32,
  depth: i32,
  columns: i32,
  start: i32,
): void {
  const tiled = rows & ~3;
  const stride = address(columns);
  let tile = address(packed);
  let target = address(to);
  for (let row = 0; row < tiled; row += 4) {
    begin(target, 4, columns, start < 0 ? start : start + row);
    for (let column: usize = 0; column < stride; column += 2 * VECTOR) {
      fourRows(tile, address(matrix) + column, target + column, depth, stride);
    }
    tile += <usize>depth * VECTOR;
    target += 4 * stride;
  }
  for (let row = tiled; row < rows; row++) {
    begin(target, 1, columns, start < 0 ? start : start + row);
    for (let column: usize = 0; column < stride; column += 2 * VECTOR) {
      oneRow(tile, address(matrix) + column, target + column, depth, stride);
    }
    tile += <usize>depth * NUMBER;
    target += stride;
  }
}

/** Writes what a tile's sums start from, unless they add to what is there. */
function begin(target: usize, rows: i32, columns: i32, start: i32): void {
  if (start === ADD) return;
  const stride = address(columns);
  for (let row = 0; row < rows; row++) {
    const value = start === ZERO ? f32x4.splat(0) : v128.load32_splat(address(start + row));
    for (let column: usize = 0; column < stride; column += VECTOR) v128.store(target + column, value);
    target += stride;
  }
}

function fourRows(tile: usize, matrix: usize, target: usize, depth: i32, stride: usize): void {
  const second = target + stride;
  const third = second + stride;
  const fourth = third + stride;
  let a0 = v128.load(target);
  let a1 = v128.load(target, 16);
  let b0 = v128.load(second);
  let b1 = v128.load(second, 16);
  let c0 = v128.load(third);
  let c1 = v128.load(third, 16);
  let d0 = v128.load(fourth);
  let d1 = v128.load(fourth, 16);
  for (const end = tile + <usize>depth * VECTOR; tile < end; tile += VECTOR) {
    const x = v128.load(matrix);
    const y = v128.load(matrix, 16);
    const a = v128.load32_splat(tile);
    a0 = multiplyAdd(a, x, a0);
    a1 = multiplyAdd(a, y, a1);
    const b = v128.load32_splat(tile, 4);
    b0 = multiplyAdd(b, x, b0);
    b1 = multiplyAdd(b, y, b1);
    const c = v128.load32_splat(tile, 8);
    c0 = multiplyAdd(c, x, c0);
    c1 = multiplyAdd(c, y, c1);
    const d = v128.load32_splat(tile, 12);
    d0 = multiplyAdd(d, x, d0);
    d1 = multiplyAdd(d, y, d1);
    matrix += stride;
  }
  v128.store(target, a0);
  v128.store(target, a1, 16);
  v128.store(second, b0);
  v128.store(second, b1, 16);
  v128.store(third, c0);
  v128.store(third, c1, 16);
  v128.store(fourth, d0);
  v128.store(fourth, d1, 16);
}

function oneRow(row: usize, matrix: usize, target: usize, depth: i32, stride: usize): void {
  let a0 = v128.load(target);
  let a1 = v128.load(target, 16);
  for (const end = row + <usize>depth * NUMBER; row < end; row += NUMBER) {
    const a = v128.load32_splat(row);
    a0 = multiplyAdd(a, v128.load(matrix), a0);
    a1 = multiplyAdd(a, v128.load(matrix, 16), a1);
    matrix += stride;
  }
  v128.store(target, a0);
  v128.store(target, a1, 16);
}
