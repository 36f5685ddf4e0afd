// AssemblyScript. The same numbers stay as in `plain/dropout.ts`, where the rule is told.
import { address, VECTOR } from './vectors';

export function dropout(from: i32, to: i32, count: i32, rate: f64, seed: i32): void {
  const least = i32x4.splat(<i32>(<i64>nearest(rate * 2147483648.0)));
  const scale = f32x4.splat(<f32>(1.0 / (1.0 - rate)));
  const length = address(count);
  let counters = i32x4.add(i32x4.splat(seed), i32x4(0, 1, 2, 3));
  for (let i: usize = 0; i < length; i += VECTOR) {
    const stays = i32x4.ge_s(hash(counters), least);
    v128.store(address(to) + i, v128.and(f32x4.mul(v128.load(address(from) + i), scale), stays));
    counters = i32x4.add(counters, i32x4.splat(4));
  }
}

function hash(counters: v128): v128 {
  let mixed = v128.xor(counters, i32x4.shr_u(counters, 16));
  mixed = i32x4.mul(mixed, i32x4.splat(0x7feb352d));
  mixed = v128.xor(mixed, i32x4.shr_u(mixed, 15));
  mixed = i32x4.mul(mixed, i32x4.splat(0x846ca68b));
  return i32x4.shr_u(v128.xor(mixed, i32x4.shr_u(mixed, 16)), 1);
}
