import { expect, test } from 'vitest';
import type { Kernels } from '../../../../src/components/traffic-predictor/network/kernels.ts';
import { PlainKernels } from '../../../../src/components/traffic-predictor/network/plain-kernels.ts';
import { simdKernels } from '../../../../src/components/traffic-predictor/network/simd-kernels.ts';

const INPUTS = [
  ...Array.from({ length: 40_001 }, (_, i) => (i - 20_000) / 1000),
  ...Array.from({ length: 400 }, (_, i) => 1.2 ** (i - 300)),
  1e30,
  -1e30,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
  0,
];
const COUNT = Math.ceil(INPUTS.length / 8) * 8;

test.each<[string, Kernels]>([
  ['simd', simdKernels()!],
  ['plain', new PlainKernels()],
])('gates open by the logistic function and close by tanh, within 1e-6: %s', (_, kernels) => {
  const gates = kernels.reserved;
  const [state, reset, next] = [gates + 3 * COUNT, gates + 4 * COUNT, gates + 5 * COUNT];
  kernels.reserve(next + COUNT);
  for (let gate = 0; gate < 3; gate++) kernels.values.set(INPUTS, gates + gate * COUNT);
  kernels.values.fill(0.5, state, state + COUNT);
  kernels.openGates(gates, state, reset, COUNT);
  kernels.closeGates(gates, state, next, COUNT);
  const found = (place: number) => [...kernels.values.slice(place, place + INPUTS.length)];
  const sigmoids = INPUTS.map((x) => 1 / (1 + Math.exp(-x)));
  const tanhs = INPUTS.map(Math.tanh);
  expect(largestError(found(gates), sigmoids)).toBeLessThan(1e-6);
  expect(
    largestError(
      found(reset),
      sigmoids.map((r) => 0.5 * r),
    ),
  ).toBeLessThan(1e-6);
  expect(largestError(found(gates + 2 * COUNT), tanhs)).toBeLessThan(1e-6);
  expect(
    largestError(
      found(next),
      tanhs.map((h, i) => sigmoids[i]! * 0.5 + (1 - sigmoids[i]!) * h),
    ),
  ).toBeLessThan(2e-6);
  expect(
    Math.max(
      ...found(gates + 2 * COUNT)
        .map(Math.abs)
        .filter(Number.isFinite),
    ),
  ).toBeLessThanOrEqual(1);
  const relative = found(gates + 2 * COUNT).map((h, i) => (tanhs[i] === 0 ? 0 : Math.abs(h / tanhs[i]! - 1)));
  expect(Math.max(...relative.filter(Number.isFinite))).toBeLessThan(1e-6);
});

/** Infinity where only one of the two is NaN. */
function largestError(found: readonly number[], expected: readonly number[]): number {
  const errors = found.map((value, i) =>
    Object.is(value, expected[i]) ? 0 : Math.abs(value - expected[i]!),
  );
  return Math.max(...errors.map((error) => (Number.isNaN(error) ? Number.POSITIVE_INFINITY : error)));
}
