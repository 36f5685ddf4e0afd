// AssemblyScript: small functions that the optimizer sets in where they are called.

/** Bytes of a float32. */
export const NUMBER: usize = 4;
/** Bytes of a vector. */
export const VECTOR: usize = 16;

/** The address of a place. */
export function address(place: i32): usize {
  return (<usize>place) << 2;
}

/** a · b + c; in one rounding where the module is built with relaxed SIMD and the processor can. */
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Sum of the four numbers. */
export function sum(vector: v128): f32 {
  const pairs = f32x4.add(vector, v128.shuffle<i32>(vector, vector, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** [sum of a, of b, of c, of d] */
export function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
}
