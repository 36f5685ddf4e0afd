// AssemblyScript.
import { multiplyAdd } from './vectors';

/*
 * Limit, −limit, P from the highest degree to the lowest, Q without its leading 1. In memory, because engines make a vector
 * of a constant with several instructions, but of a number in memory with one.
 */
const TANH = memory.data<f32>([
  7.9, -7.9, -3.1654426e-5, 0.0365336997, 13.6707468, 642.837462, 5053.35526, 115.661151, 2327.2817,
  5053.35622,
]);
const SIGMOID = memory.data<f32>([
  15.8, -15.8, -1.97840163e-6, 0.00913342493, 13.6707468, 2571.34985, 80853.6841, 462.644603, 37236.5072,
  323414.798,
]);
const HALF = memory.data<f32>([0.5]);

/**
 * tanh(x) = x·P(x²)/Q(x²), degrees 4 and 3, fitted to the least relative error on [−7.9, 7.9] (Lawson's algorithm on
 * linearised residuals), ±1 beyond. Largest absolute and relative error in float32: 4.8e-7; never beyond ±1. NaN stays
 * NaN.
 */
export function tanh(x: v128): v128 {
  return oddRatio(x, TANH);
}

/** 1/(1 + e⁻ˣ) = 1/2 + tanh(x/2)/2, with the factors worked into the numbers. Largest error: 2.7e-7. */
export function sigmoid(x: v128): v128 {
  return f32x4.add(oddRatio(x, SIGMOID), v128.load32_splat(HALF));
}

function oddRatio(x: v128, table: usize): v128 {
  const bounded = f32x4.pmax(f32x4.pmin(x, v128.load32_splat(table)), v128.load32_splat(table, 4));
  const s = f32x4.mul(bounded, bounded);
  let p = multiplyAdd(v128.load32_splat(table, 8), s, v128.load32_splat(table, 12));
  let q = f32x4.add(s, v128.load32_splat(table, 28));
  p = multiplyAdd(p, s, v128.load32_splat(table, 16));
  q = multiplyAdd(q, s, v128.load32_splat(table, 32));
  p = multiplyAdd(p, s, v128.load32_splat(table, 20));
  q = multiplyAdd(q, s, v128.load32_splat(table, 36));
  p = multiplyAdd(p, s, v128.load32_splat(table, 24));
  return f32x4.div(f32x4.mul(bounded, p), q);
}
