// AssemblyScript.
import { address, multiplyAdd, NUMBER, sum, sums, VECTOR } from './vectors';

/** Steps whose rows stay in the cache while all pairs of rows are multiplied. */
const STEPS_TOGETHER = 8;

/** See `Kernels.outerProduct`. Two left rows times four right rows at a time, each product a vector of partial sums. */
export function outerProduct(
  left: i32,
  leftStride: i32,
  leftRows: i32,
  right: i32,
  rightStride: i32,
  rightRows: i32,
  columns: i32,
  steps: i32,
  to: i32,
  toStride: i32,
): void {
  for (let step = 0; step < steps; step += STEPS_TOGETHER) {
    block(
      address(left + step * leftStride),
      address(leftStride),
      leftRows,
      address(right + step * rightStride),
      address(rightStride),
      rightRows,
      address(columns),
      min(STEPS_TOGETHER, steps - step),
      address(to),
      address(toStride),
    );
  }
}

function block(
  left: usize,
  leftStride: usize,
  leftRows: i32,
  right: usize,
  rightStride: usize,
  rightRows: i32,
  width: usize,
  steps: i32,
  to: usize,
  toStride: usize,
): void {
  const tiled = rightRows & ~3;
  const paired = leftRows & ~1;
  for (let j = 0; j < tiled; j += 4) {
    const rows = right + <usize>j * width;
    let target = to + <usize>j * NUMBER;
    let i = 0;
    for (; i < paired; i += 2) {
      twoByFour(left + <usize>i * width, leftStride, rows, rightStride, width, steps, target, toStride);
      target += 2 * toStride;
    }
    if (i < leftRows) oneByFour(left + <usize>i * width, leftStride, rows, rightStride, width, steps, target);
  }
  for (let j = tiled; j < rightRows; j++) {
    for (let i = 0; i < leftRows; i++) {
      const target = to + <usize>i * toStride + <usize>j * NUMBER;
      oneByOne(
        left + <usize>i * width,
        leftStride,
        right + <usize>j * width,
        rightStride,
        width,
        steps,
        target,
      );
    }
  }
}

function twoByFour(
  left: usize,
  leftStride: usize,
  right: usize,
  rightStride: usize,
  width: usize,
  steps: i32,
  target: usize,
  toStride: usize,
): void {
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let b2 = f32x4.splat(0);
  let b3 = f32x4.splat(0);
  for (let step = 0; step < steps; step++) {
    let from = right;
    const end = left + width;
    for (let at = left; at < end; at += VECTOR) {
      const a = v128.load(at);
      const b = v128.load(at + width);
      const x = v128.load(from);
      a0 = multiplyAdd(a, x, a0);
      b0 = multiplyAdd(b, x, b0);
      const y = v128.load(from + width);
      a1 = multiplyAdd(a, y, a1);
      b1 = multiplyAdd(b, y, b1);
      const z = v128.load(from + 2 * width);
      a2 = multiplyAdd(a, z, a2);
      b2 = multiplyAdd(b, z, b2);
      const w = v128.load(from + 3 * width);
      a3 = multiplyAdd(a, w, a3);
      b3 = multiplyAdd(b, w, b3);
      from += VECTOR;
    }
    left += leftStride;
    right += rightStride;
  }
  v128.store(target, f32x4.add(v128.load(target), sums(a0, a1, a2, a3)));
  const second = target + toStride;
  v128.store(second, f32x4.add(v128.load(second), sums(b0, b1, b2, b3)));
}

function oneByFour(
  left: usize,
  leftStride: usize,
  right: usize,
  rightStride: usize,
  width: usize,
  steps: i32,
  target: usize,
): void {
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  for (let step = 0; step < steps; step++) {
    for (let at: usize = 0; at < width; at += VECTOR) {
      const a = v128.load(left + at);
      const from = right + at;
      a0 = multiplyAdd(a, v128.load(from), a0);
      a1 = multiplyAdd(a, v128.load(from + width), a1);
      a2 = multiplyAdd(a, v128.load(from + 2 * width), a2);
      a3 = multiplyAdd(a, v128.load(from + 3 * width), a3);
    }
    left += leftStride;
    right += rightStride;
  }
  v128.store(target, f32x4.add(v128.load(target), sums(a0, a1, a2, a3)));
}

function oneByOne(
  left: usize,
  leftStride: usize,
  right: usize,
  rightStride: usize,
  width: usize,
  steps: i32,
  target: usize,
): void {
  let total = f32x4.splat(0);
  for (let step = 0; step < steps; step++) {
    for (let at: usize = 0; at < width; at += VECTOR) {
      total = multiplyAdd(v128.load(left + at), v128.load(right + at), total);
    }
    left += leftStride;
    right += rightStride;
  }
  store<f32>(target, load<f32>(target) + sum(total));
}

/** See `Kernels.rowSums`. */
export function rowSums(from: i32, stride: i32, rows: i32, columns: i32, steps: i32, to: i32): void {
  const width = address(columns);
  for (let row = 0; row < rows; row++) {
    let total = f32x4.splat(0);
    let at = address(from) + <usize>row * width;
    for (let step = 0; step < steps; step++) {
      for (let i: usize = 0; i < width; i += VECTOR) total = f32x4.add(total, v128.load(at + i));
      at += address(stride);
    }
    const target = address(to + row);
    store<f32>(target, load<f32>(target) + sum(total));
  }
}
