import { describe, expect, test } from 'vitest';
import { dieboldMariano } from '../../../../src/components/traffic-predictor/backtest/diebold-mariano.ts';
import {
  errorsAhead,
  errorsOfMaximum,
  offsetsByStep,
  relativeError,
} from '../../../../src/components/traffic-predictor/backtest/errors.ts';
import { judge } from '../../../../src/components/traffic-predictor/backtest/judge.ts';
import { backtestOrigins } from '../../../../src/components/traffic-predictor/backtest/origins.ts';
import { upperOffset } from '../../../../src/components/traffic-predictor/backtest/upper-offset.ts';
import type { GruBacktest } from '../../../../src/components/traffic-predictor/backtest/verdict.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { rangeOf } from '../series.ts';

describe('the offset that covers', () => {
  test('is the conformal rank among enough errors', () => {
    const errors = rangeOf(39, (i) => i);
    expect(upperOffset(errors, 0.95)).toBe(37);
    expect(upperOffset(errors, 0.9)).toBe(35);
  });

  test('is wider than the largest of few errors', () => {
    // t(0.95, 4) · rms · sqrt(1 + 1/4), rms of 1, 1, 1, 1 is 1.
    expect(upperOffset(Float64Array.of(-1, -1, 1, 1), 0.95)).toBeCloseTo(2.132 * Math.sqrt(1.25), 12);
    expect(upperOffset(Float64Array.of(2), 0.9)).toBeCloseTo(3.078 * 2 * Math.SQRT2, 12);
  });

  test('covers what it says of fresh draws', () => {
    const random = seededRandom(8);
    let covered = 0;
    for (let round = 0; round < 2000; round++) {
      const errors = rangeOf(60, () => random()).sort();
      if (random() <= upperOffset(errors, 0.9)) covered += 1;
    }
    expect(covered / 2000).toBeGreaterThan(0.88);
    expect(covered / 2000).toBeLessThan(0.925);
  });
});

test('origins lie in the last part, ascend, and have a step after them', () => {
  expect([...backtestOrigins(Float64Array.of(1, 2, 3))]).toEqual([0, 1]);
  expect([...backtestOrigins(Float64Array.of(Number.NaN, 2))]).toEqual([]);
  const origins = backtestOrigins(rangeOf(20_000, (step) => step));
  expect(origins.length).toBe(120);
  expect(origins.at(-1)).toBe(19_998);
  expect(origins[0]).toBe(19_998 - 238);
});

describe('errors of past forecasts', () => {
  const values = Float64Array.of(1, 2, 4, Number.NaN, 3);
  const origins = Int32Array.of(0, 1, 2);
  const forecasts = Float64Array.of(1, 1, 2, 2, 4, 4);

  test('count where the truth is known', () => {
    expect([...errorsAhead(values, origins, forecasts, 2, 1)]).toEqual([1, 2]);
    expect([...errorsAhead(values, origins, forecasts, 2, 2)]).toEqual([-1, 3]);
  });

  test('of the maximum count where all its steps are known', () => {
    expect([...errorsOfMaximum(values, origins, forecasts, 2, 2)]).toEqual([3]);
  });

  test('grow with the square root of the distance where there are too few', () => {
    const offsets = offsetsByStep(
      (ahead) => new Float64Array(ahead <= 2 ? 9 : 1).fill(3),
      4,
      (errors) => errors[0]!,
    );
    expect([...offsets]).toEqual([3, 3, 3 * Math.sqrt(1.5), 3 * Math.SQRT2]);
  });

  test('of two exact models are equal', () => {
    const exact = Float64Array.of(2, 4);
    expect(relativeError(Float64Array.of(0, 2, 4), Int32Array.of(0), exact, exact, 2)).toEqual({
      ratio: 1,
      pairs: 2,
    });
  });
});

test('the Diebold–Mariano statistic equals the t statistic for one step ahead, and is 0 without a difference', () => {
  const origins = Int32Array.of(1, 2, 3, 4);
  // mean −2.5, sum of squared deviations 5: −2.5·4/√5
  expect(dieboldMariano(Float64Array.of(-1, -2, -3, -4), origins, 1)).toBeCloseTo(-10 / Math.sqrt(5), 12);
  expect(dieboldMariano(new Float64Array(4), origins, 3)).toBe(0);
});

describe('the gate', () => {
  const random = seededRandom(9);
  let level = 500;
  const walk = rangeOf(400, () => {
    level += random() - 0.5;
    return level;
  });

  /** A network whose forecasts are `share` of the way from the last value to the truth. */
  function networkThatKnows(share: (origin: number) => number): GruBacktest {
    const origins = backtestOrigins(walk).filter((origin) => origin >= 250);
    const medians = new Float64Array(origins.length * 4);
    origins.forEach((origin, i) => {
      for (let h = 1; h <= 4; h++) {
        const truth = walk[origin + h] ?? Number.NaN;
        medians[i * 4 + h - 1] = walk[origin]! + share(origin) * (truth - walk[origin]!);
      }
    });
    return { origins, medians, quantiles90: medians, quantiles95: medians };
  }

  test('lets the network speak while it beats the best baseline', () => {
    const verdict = judge(
      walk,
      4,
      60,
      0,
      networkThatKnows(() => 0.5),
    );
    expect(verdict.gru?.reason).toMatch(
      /the GRU's error is 0\.5\d of the best baseline's \(\w+(-\w+)?\) over \d+ origins/,
    );
    expect(verdict.scores.gru).toBeLessThan(0.6);
  });

  test('keeps silent a network that is worse, and says by how much', () => {
    const verdict = judge(
      walk,
      4,
      60,
      0,
      networkThatKnows(() => -0.5),
    );
    expect(verdict.gru).toBeUndefined();
    expect(verdict.baseline.reason).toMatch(/the GRU's error is 1\.\d+ of the best baseline's/);
  });

  test('keeps silent a network whose lead may be chance', () => {
    const verdict = judge(
      walk,
      4,
      60,
      0,
      networkThatKnows((origin) => ((origin / 2) % 10 < 5 ? 0.7 : -0.45)),
    );
    expect(verdict.scores.gru).toBeLessThan(1);
    expect(verdict.gru).toBeUndefined();
    expect(verdict.baseline.reason).toContain('which may be chance');
  });

  test('does not judge a network on a handful of origins', () => {
    const { origins, medians } = networkThatKnows(() => 1);
    const few = { origins: origins.slice(0, 10), medians, quantiles90: medians, quantiles95: medians };
    expect(judge(walk, 4, 60, 0, few).gru).toBeUndefined();
  });
});
