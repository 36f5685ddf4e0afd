import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeTargets, writeWindow } from '../../../../src/components/traffic-predictor/gru/windows.ts';
import { seriesOf } from '../series.ts';

function windowOf(rates: readonly number[], features = 1) {
  const out = new Float32Array(rates.length * features);
  const scale = writeWindow(seriesOf('chain', rates), rates.length - 1, rates.length, features, out, 0);
  return { scale, numbers: [...out] };
}

describe('a window', () => {
  test('has the same numbers when the series is scaled and shifted, and a scale that follows', () => {
    const rates = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 3, maxLength: 30 });
    fc.assert(
      fc.property(
        rates,
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 0, max: 500 }),
        (series, power, shift) => {
          const one = windowOf(series);
          const other = windowOf(series.map((rate) => rate * 2 ** power + shift));
          fc.pre(one.scale !== undefined && other.scale !== undefined);
          // With a large level the least scale takes over, which is part of it by design.
          fc.pre(shift === 0 || other.scale!.scale > 2);
          other.numbers.forEach((number, i) => {
            expect(number).toBeCloseTo(one.numbers[i]!, 3);
          });
          expect(other.scale!.scale).toBeCloseTo(one.scale!.scale * 2 ** power, 6);
        },
      ),
      { seed: 10 },
    );
  });

  test('fills a gap with the last known value', () => {
    expect(windowOf([Number.NaN, 1, 2, Number.NaN, 4, 5])).toEqual(windowOf([1, 1, 2, 2, 4, 5]));
  });

  test('cuts a burst', () => {
    const burst = windowOf([1, 2, 1, 2, 1, 2, 1, 2, 1, 1e9, 1, 2, 1, 2]);
    expect(Math.max(...burst.numbers.map(Math.abs))).toBeLessThanOrEqual(10);
  });

  test('cannot be made of a constant, or with less than half of its steps known', () => {
    expect(windowOf([3, 3, 3, 3]).scale).toBeUndefined();
    expect(windowOf([1, Number.NaN, Number.NaN, Number.NaN, 2]).scale).toBeUndefined();
  });

  test('has latencies relative to their geometric mean and the root of error ratios', () => {
    const series = {
      ...seriesOf('chain', [1, 2, 3]),
      latencies: Float64Array.of(0.1, Number.NaN, 0.4),
      errorRatios: Float64Array.of(0, Number.NaN, 0.25),
    };
    const out = new Float32Array(9);
    writeWindow(series, 2, 3, 3, out, 0);
    [-Math.LN2, 0, Math.LN2].forEach((wanted, i) => {
      expect(out[i * 3 + 1]).toBeCloseTo(wanted, 6);
    });
    expect([out[2], out[5], out[8]]).toEqual([0, 0, 0.5]);
  });
});

test('an unknown target has no weight', () => {
  const targets = new Float32Array(3);
  const mask = new Float32Array(3);
  const scale = { anchor: 10, scale: 2, mean: 10 };
  expect(writeTargets(Float64Array.of(1, 14, Number.NaN), 0, 3, scale, targets, mask, 0)).toBe(true);
  expect([...targets]).toEqual([2, 0, 0]);
  expect([...mask]).toEqual([1, 0, 0]);
});
