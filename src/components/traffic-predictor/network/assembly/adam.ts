// AssemblyScript. Each function is that of the same name in `Kernels`; counts are rounded up to four.
import { address, multiplyAdd, VECTOR } from './vectors';

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
/** 1 − β, from the exact numbers. */
const REST_1: f32 = 0.1;
const REST_2: f32 = 0.001;
const EPSILON: f32 = 1e-7;

/** Added up in float64. */
export function sumOfSquares(from: i32, count: i32): f64 {
  const end = address(from + count);
  let total = f64x2.splat(0);
  for (let at = address(from); at < end; at += VECTOR) {
    const values = v128.load(at);
    const low = f64x2.promote_low_f32x4(values);
    const high = f64x2.promote_low_f32x4(v128.shuffle<i64>(values, values, 1, 0));
    total = f64x2.add(total, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
  }
  return f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
}

export function adam(
  weights: i32,
  gradients: i32,
  first: i32,
  second: i32,
  count: i32,
  scale: f32,
  rate: f32,
  correction: f32,
): void {
  const length = address(count);
  for (let i: usize = 0; i < length; i += VECTOR) {
    const gradient = f32x4.mul(v128.load(address(gradients) + i), f32x4.splat(scale));
    const m = multiplyAdd(
      f32x4.splat(REST_1),
      gradient,
      f32x4.mul(f32x4.splat(BETA_1), v128.load(address(first) + i)),
    );
    const square = f32x4.mul(gradient, gradient);
    const v = multiplyAdd(
      f32x4.splat(REST_2),
      square,
      f32x4.mul(f32x4.splat(BETA_2), v128.load(address(second) + i)),
    );
    v128.store(address(first) + i, m);
    v128.store(address(second) + i, v);
    const deviation = f32x4.add(f32x4.sqrt(f32x4.mul(v, f32x4.splat(correction))), f32x4.splat(EPSILON));
    const step = f32x4.div(f32x4.mul(f32x4.splat(rate), m), deviation);
    v128.store(address(weights) + i, f32x4.sub(v128.load(address(weights) + i), step));
  }
}
