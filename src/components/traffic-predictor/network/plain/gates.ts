import type { Place, Values } from '../kernels.ts';

/** See `Kernels.openGates`. */
export function openGates(values: Values, gates: Place, state: Place, reset: Place, count: number): void {
  for (let i = 0; i < count; i++) {
    const r = sigmoid(values[gates + count + i]!);
    values[gates + i] = sigmoid(values[gates + i]!);
    values[gates + count + i] = r;
    values[reset + i] = r * values[state + i]!;
  }
}

/** See `Kernels.closeGates`. */
export function closeGates(values: Values, gates: Place, state: Place, next: Place, count: number): void {
  for (let i = 0; i < count; i++) {
    const candidate = Math.tanh(values[gates + 2 * count + i]!);
    values[gates + 2 * count + i] = candidate;
    values[next + i] = candidate + values[gates + i]! * (values[state + i]! - candidate);
  }
}

/** See `Kernels.closeGatesBack`. */
export function closeGatesBack(
  values: Values,
  gates: Place,
  state: Place,
  gradient: Place,
  gradientBefore: Place,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const z = values[gates + i]!;
    const candidate = values[gates + 2 * count + i]!;
    const incoming = values[gradient + i]!;
    values[gradientBefore + i]! += incoming * z;
    values[gates + i] = incoming * (values[state + i]! - candidate) * z * (1 - z);
    values[gates + 2 * count + i] = incoming * (1 - z) * (1 - candidate * candidate);
  }
}

/** See `Kernels.openGatesBack`. */
export function openGatesBack(
  values: Values,
  gates: Place,
  state: Place,
  resetGradient: Place,
  gradientBefore: Place,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const r = values[gates + count + i]!;
    const incoming = values[resetGradient + i]!;
    values[gradientBefore + i]! += incoming * r;
    values[gates + count + i] = incoming * values[state + i]! * r * (1 - r);
  }
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** See `Kernels.rectify`. NaN stays NaN. */
export function rectify(values: Values, from: Place, count: number): void {
  for (let i = from; i < from + count; i++) if (values[i]! < 0) values[i] = 0;
}

/** See `Kernels.rectifyBack`. */
export function rectifyBack(values: Values, rectified: Place, gradients: Place, count: number): void {
  for (let i = 0; i < count; i++) if (values[rectified + i] === 0) values[gradients + i] = 0;
}
