// AssemblyScript. Each function is that of the same name in `Kernels`; counts are multiples of four.
import { sigmoid, tanh } from './activations';
import { address, multiplyAdd, VECTOR } from './vectors';

export function openGates(gates: i32, state: i32, reset: i32, count: i32): void {
  const length = address(count);
  const update = address(gates);
  const from = address(state);
  const to = address(reset);
  for (let i: usize = 0; i < length; i += VECTOR) {
    v128.store(update + i, sigmoid(v128.load(update + i)));
    const r = sigmoid(v128.load(update + length + i));
    v128.store(update + length + i, r);
    v128.store(to + i, f32x4.mul(r, v128.load(from + i)));
  }
}

export function closeGates(gates: i32, state: i32, next: i32, count: i32): void {
  const length = address(count);
  const update = address(gates);
  const candidates = update + 2 * length;
  const from = address(state);
  const to = address(next);
  for (let i: usize = 0; i < length; i += VECTOR) {
    const candidate = tanh(v128.load(candidates + i));
    v128.store(candidates + i, candidate);
    const change = f32x4.sub(v128.load(from + i), candidate);
    v128.store(to + i, multiplyAdd(v128.load(update + i), change, candidate));
  }
}

export function closeGatesBack(gates: i32, state: i32, gradient: i32, gradientBefore: i32, count: i32): void {
  const length = address(count);
  const update = address(gates);
  const candidates = update + 2 * length;
  const from = address(state);
  const incoming = address(gradient);
  const before = address(gradientBefore);
  const one = f32x4.splat(1);
  for (let i: usize = 0; i < length; i += VECTOR) {
    const z = v128.load(update + i);
    const candidate = v128.load(candidates + i);
    const g = v128.load(incoming + i);
    const kept = f32x4.mul(g, z);
    const open = f32x4.sub(one, z);
    v128.store(before + i, f32x4.add(v128.load(before + i), kept));
    const change = f32x4.sub(v128.load(from + i), candidate);
    v128.store(update + i, f32x4.mul(f32x4.mul(kept, open), change));
    const slope = f32x4.sub(one, f32x4.mul(candidate, candidate));
    v128.store(candidates + i, f32x4.mul(f32x4.mul(g, open), slope));
  }
}

export function openGatesBack(
  gates: i32,
  state: i32,
  resetGradient: i32,
  gradientBefore: i32,
  count: i32,
): void {
  const length = address(count);
  const resets = address(gates) + length;
  const from = address(state);
  const incoming = address(resetGradient);
  const before = address(gradientBefore);
  const one = f32x4.splat(1);
  for (let i: usize = 0; i < length; i += VECTOR) {
    const r = v128.load(resets + i);
    const through = f32x4.mul(v128.load(incoming + i), r);
    v128.store(before + i, f32x4.add(v128.load(before + i), through));
    const slope = f32x4.mul(v128.load(from + i), f32x4.sub(one, r));
    v128.store(resets + i, f32x4.mul(through, slope));
  }
}

export function rectify(values: i32, count: i32): void {
  const end = address(values + count);
  const zero = f32x4.splat(0);
  for (let at = address(values); at < end; at += VECTOR) {
    const value = v128.load(at);
    v128.store(at, v128.andnot(value, f32x4.lt(value, zero)));
  }
}

export function rectifyBack(values: i32, gradients: i32, count: i32): void {
  const length = address(count);
  const zero = f32x4.splat(0);
  for (let i: usize = 0; i < length; i += VECTOR) {
    const cut = f32x4.eq(v128.load(address(values) + i), zero);
    const at = address(gradients) + i;
    v128.store(at, v128.andnot(v128.load(at), cut));
  }
}
