// AssemblyScript.
import { multiplyAdd } from './vectors';

/** Beyond it tanh is ±1 in float32 but for 3e-7. */
const LIMIT: f32 = 7.9;

/**
 * tanh(x) = x·P(x²)/Q(x²), degrees 5 and 3, fitted to the least relative error on [−7.9, 7.9] (Lawson's algorithm on
 * linearised residuals). Largest absolute and relative error in float32: 3.1e-7; never beyond ±1. NaN stays NaN.
 */
export function tanh(x: v128): v128 {
  const bounded = f32x4.pmax(f32x4.pmin(x, f32x4.splat(LIMIT)), f32x4.splat(-LIMIT));
  const s = f32x4.mul(bounded, bounded);
  let p = multiplyAdd(f32x4.splat(2.41103482e-11), s, f32x4.splat(-1.49082265e-8));
  let q = multiplyAdd(f32x4.splat(0.000238096824), s, f32x4.splat(0.0240533903));
  p = multiplyAdd(p, s, f32x4.splat(9.93984559e-6));
  q = multiplyAdd(q, s, f32x4.splat(0.463182953));
  p = multiplyAdd(p, s, f32x4.splat(0.00299216949));
  q = multiplyAdd(q, s, f32x4.splat(1));
  p = multiplyAdd(p, s, f32x4.splat(0.129849772));
  p = multiplyAdd(p, s, f32x4.splat(0.999999984));
  return f32x4.div(f32x4.mul(bounded, p), q);
}

/** 1/(1 + e⁻ˣ) = (1 + tanh(x/2))/2. */
export function sigmoid(x: v128): v128 {
  const half = f32x4.splat(0.5);
  return multiplyAdd(tanh(f32x4.mul(x, half)), half, half);
}
