import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BASELINES,
  baselineForecasts,
} from '../../../../src/components/traffic-predictor/baselines/baselines.ts';
import { ewmaForecasts } from '../../../../src/components/traffic-predictor/baselines/ewma.ts';
import { findPeriod } from '../../../../src/components/traffic-predictor/baselines/find-period.ts';
import { naiveForecasts } from '../../../../src/components/traffic-predictor/baselines/naive.ts';
import { ridgeForecasts } from '../../../../src/components/traffic-predictor/baselines/ridge.ts';
import { seasonalNaiveForecasts } from '../../../../src/components/traffic-predictor/baselines/seasonal-naive.ts';
import { solvePositiveDefinite } from '../../../../src/components/traffic-predictor/baselines/solve-positive-definite.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { rangeOf } from '../series.ts';

const gap = Number.NaN;

describe('naive', () => {
  test('repeats the last known value at each origin', () => {
    const forecasts = naiveForecasts(Float64Array.of(gap, 3, gap, 5), Int32Array.of(0, 1, 2, 3), 2);
    expect([...forecasts]).toEqual([gap, gap, 3, 3, 3, 3, 5, 5]);
  });
});

describe('EWMA', () => {
  test('follows the recursion with the weight that had the least one-step error', () => {
    // Alternating 0, 10: each step is as far from the last value as can be, so the smallest weight errs least.
    const values = rangeOf(40, (step) => 10 * (step % 2));
    let level = 0;
    for (const value of values) level += 0.05 * (value - level);
    expect(ewmaForecasts(values, Int32Array.of(39), 1)[0]).toBeCloseTo(level, 12);
  });

  test('follows a ramp with the largest weight', () => {
    const values = rangeOf(40, (step) => step);
    let level = 0;
    for (const value of values) level += 0.9 * (value - level);
    expect(ewmaForecasts(values, Int32Array.of(39), 1)[0]).toBeCloseTo(level, 12);
  });
});

describe('seasonal naive', () => {
  test('repeats what was one period before, also beyond one period', () => {
    const values = rangeOf(14, (step) => step % 4);
    expect([...seasonalNaiveForecasts(values, Int32Array.of(13), 6, [4])]).toEqual([2, 3, 0, 1, 2, 3]);
  });

  test('takes the period that fits better', () => {
    const values = rangeOf(60, (step) => step % 6);
    expect([...seasonalNaiveForecasts(values, Int32Array.of(59), 3, [4, 6, 7])]).toEqual([0, 1, 2]);
  });

  test('looks one period further back where there is a gap', () => {
    const values = rangeOf(16, (step) => (step === 12 ? gap : step % 4));
    expect(seasonalNaiveForecasts(values, Int32Array.of(15), 1, [4])[0]).toBe(0);
  });

  test('is silent before there are pairs to compare', () => {
    expect([...seasonalNaiveForecasts(Float64Array.of(1, 2, 3), Int32Array.of(2), 1, [2])]).toEqual([gap]);
  });
});

describe('finding the period', () => {
  test.each([8, 24, 97, 1440])('finds a season of %d steps under noise', (period) => {
    const random = seededRandom(3);
    const values = rangeOf(period * 5, (step) => Math.sin((2 * Math.PI * step) / period) + 0.5 * random());
    expect(Math.abs(findPeriod(values)! - period)).toBeLessThanOrEqual(Math.ceil(period * 0.02));
  });

  test('finds none in white noise or a constant', () => {
    const random = seededRandom(4);
    expect(findPeriod(rangeOf(300, () => random()))).toBeUndefined();
    expect(findPeriod(rangeOf(300, () => 5))).toBeUndefined();
  });
});

describe('ridge autoregression', () => {
  test('goes on with a sine that it has seen', () => {
    const values = rangeOf(300, (step) => 50 + 20 * Math.sin(step / 7));
    const forecasts = ridgeForecasts(values, Int32Array.of(299), 5, undefined);
    forecasts.forEach((forecast, i) => {
      expect(Math.abs(forecast - (50 + 20 * Math.sin((300 + i) / 7)))).toBeLessThan(2);
    });
  });

  test('is silent on too few rows', () => {
    expect(
      ridgeForecasts(
        rangeOf(40, (step) => step),
        Int32Array.of(39),
        2,
        undefined,
      )[0],
    ).toBeNaN();
  });
});

test('solving by Cholesky gives back the unknowns of a random system', () => {
  const random = seededRandom(6);
  const size = 7;
  const root = rangeOf(size * size, () => random() - 0.5);
  const matrix = rangeOf(size * size, (at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    let sum = i === j ? 0.1 : 0;
    for (let k = 0; k < size; k++) sum += root[i * size + k]! * root[j * size + k]!;
    return sum;
  });
  const wanted = rangeOf(size * 2, () => random());
  const right = rangeOf(size * 2, (at) => {
    const [i, c] = [Math.floor(at / 2), at % 2];
    let sum = 0;
    for (let k = 0; k < size; k++) sum += matrix[i * size + k]! * wanted[k * 2 + c]!;
    return sum;
  });
  solvePositiveDefinite(matrix, right, size, 2)!.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i]!, 8);
  });
  expect(solvePositiveDefinite(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1), 2, 1)).toBeUndefined();
});

test('no baseline sees anything after the origin', () => {
  const rate = fc.oneof(
    { weight: 6, arbitrary: fc.double({ min: 0, max: 100, noNaN: true }) },
    fc.constant(gap),
  );
  fc.assert(
    fc.property(
      fc.array(rate, { minLength: 90, maxLength: 130 }),
      fc.array(rate, { minLength: 40, maxLength: 40 }),
      (past, future) => {
        const origins = Int32Array.of(past.length - 30, past.length - 11, past.length - 1);
        for (const model of BASELINES) {
          const alone = baselineForecasts(model, Float64Array.from(past), origins, 4, [12]);
          const longer = Float64Array.from([...past, ...future]);
          expect(baselineForecasts(model, longer, origins, 4, [12])).toEqual(alone);
        }
      },
    ),
    { numRuns: 40, seed: 7 },
  );
});
