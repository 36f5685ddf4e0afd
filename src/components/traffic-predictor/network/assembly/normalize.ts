// AssemblyScript. Each function is that of the same name in `Kernels`, with places of mean and variance one by one.
import { address, multiplyAdd, sum, VECTOR } from './vectors';

const EPSILON: f32 = 1e-3;

export function moments(
  from: i32,
  rows: i32,
  columns: i32,
  live: i32,
  steps: i32,
  mean: i32,
  variance: i32,
): void {
  const share = <f32>1 / <f32>(steps * live);
  for (let row = 0; row < rows; row++) {
    const first = address(from + row * columns);
    const center = share * rowSum(first, rows, columns, live, steps, 0, false);
    store<f32>(address(mean + row), center);
    store<f32>(address(variance + row), share * rowSum(first, rows, columns, live, steps, center, true));
  }
}

/** Sum of the differences to the center, or of their squares, over the live columns of one row in all steps. */
function rowSum(
  first: usize,
  rows: i32,
  columns: i32,
  live: i32,
  steps: i32,
  center: f32,
  squared: bool,
): f32 {
  let total = f32x4.splat(0);
  for (let step = 0; step < steps; step++) {
    for (let column = 0; column < live; column += 4) {
      const difference = f32x4.sub(v128.load(first + address(column)), f32x4.splat(center));
      const known = v128.and(difference, alive(column, live));
      total = f32x4.add(total, squared ? f32x4.mul(known, known) : known);
    }
    first += address(rows * columns);
  }
  return sum(total);
}

/** All bits set in the columns from here on that are live. */
function alive(column: i32, live: i32): v128 {
  return i32x4.lt_s(i32x4.add(i32x4.splat(column), i32x4(0, 1, 2, 3)), i32x4.splat(live));
}

export function normalize(
  from: i32,
  rows: i32,
  columns: i32,
  steps: i32,
  mean: i32,
  variance: i32,
  gamma: i32,
  beta: i32,
  to: i32,
): void {
  const width = address(columns);
  let at = address(from);
  let target = address(to);
  for (let step = 0; step < steps; step++) {
    for (let row = 0; row < rows; row++) {
      const factor = number(gamma + row) * inverseDeviation(variance + row);
      const shift = f32x4.splat(number(beta + row) - number(mean + row) * factor);
      for (let i: usize = 0; i < width; i += VECTOR) {
        v128.store(target + i, multiplyAdd(v128.load(at + i), f32x4.splat(factor), shift));
      }
      at += width;
      target += width;
    }
  }
}

export function normalizeBack(
  from: i32,
  rows: i32,
  columns: i32,
  live: i32,
  steps: i32,
  mean: i32,
  variance: i32,
  gamma: i32,
  gradients: i32,
  gammaGradient: i32,
  betaGradient: i32,
): void {
  const step = address(rows * columns);
  for (let row = 0; row < rows; row++) {
    const first = address(from + row * columns);
    const firstGradient = address(gradients + row * columns);
    const center = f32x4.splat(number(mean + row));
    const inverse = inverseDeviation(variance + row);
    let total = f32x4.splat(0);
    let products = f32x4.splat(0);
    for (let i = 0; i < steps; i++) {
      const skipped = <usize>i * step;
      for (let column = 0; column < live; column += 4) {
        const offset = skipped + address(column);
        const g = v128.and(v128.load(firstGradient + offset), alive(column, live));
        total = f32x4.add(total, g);
        products = multiplyAdd(g, f32x4.sub(v128.load(first + offset), center), products);
      }
    }
    const allGradients = sum(total);
    const product = inverse * sum(products);
    addTo(betaGradient + row, allGradients);
    addTo(gammaGradient + row, product);
    const share = <f32>1 / <f32>(steps * live);
    const offsetOfAll = f32x4.splat(allGradients * share);
    const slope = f32x4.splat(product * share * inverse);
    const factor = f32x4.splat(number(gamma + row) * inverse);
    for (let i = 0; i < steps; i++) {
      for (let column = 0; column < columns; column += 4) {
        const offset = <usize>i * step + address(column);
        const difference = f32x4.sub(v128.load(first + offset), center);
        const g = f32x4.sub(v128.load(firstGradient + offset), offsetOfAll);
        const back = f32x4.mul(factor, f32x4.sub(g, f32x4.mul(difference, slope)));
        v128.store(firstGradient + offset, v128.and(back, alive(column, live)));
      }
    }
  }
}

function number(place: i32): f32 {
  return load<f32>(address(place));
}

function addTo(place: i32, value: f32): void {
  store<f32>(address(place), number(place) + value);
}

function inverseDeviation(variance: i32): f32 {
  return <f32>1 / sqrt<f32>(number(variance) + EPSILON);
}
