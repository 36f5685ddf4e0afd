import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockMeans } from '../../../../src/components/traffic-predictor/baselines/block-means.ts';
import { DampedTrend } from '../../../../src/components/traffic-predictor/baselines/damped-trend.ts';
import { ExponentialMean } from '../../../../src/components/traffic-predictor/baselines/exponential-mean.ts';
import { LastValue } from '../../../../src/components/traffic-predictor/baselines/last-value.ts';
import { LeastError } from '../../../../src/components/traffic-predictor/baselines/least-error.ts';
import { MovingMean } from '../../../../src/components/traffic-predictor/baselines/moving-mean.ts';
import { MovingMedian } from '../../../../src/components/traffic-predictor/baselines/moving-median.ts';
import type { PointForecaster } from '../../../../src/components/traffic-predictor/baselines/point-forecaster.ts';
import { pointForecasts } from '../../../../src/components/traffic-predictor/baselines/point-forecaster.ts';
import {
  FEW_LAGS,
  RidgeRegression,
} from '../../../../src/components/traffic-predictor/baselines/ridge-regression.ts';
import { SeasonalPast } from '../../../../src/components/traffic-predictor/baselines/seasonal-past.ts';
import { SeasonalRatio } from '../../../../src/components/traffic-predictor/baselines/seasonal-ratio.ts';
import { SeasonalValue } from '../../../../src/components/traffic-predictor/baselines/seasonal-value.ts';
import { SortedWindow } from '../../../../src/components/traffic-predictor/baselines/sorted-window.ts';
import { WindowMeans } from '../../../../src/components/traffic-predictor/baselines/window-means.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { rangeOf } from '../series.ts';

const gap = Number.NaN;

function at(forecaster: PointForecaster, values: ArrayLike<number>, horizon: number): number[] {
  const all = Float64Array.from(values);
  return [...pointForecasts(forecaster, all, Int32Array.of(all.length - 1), horizon)];
}

describe('methods without a season', () => {
  it('the last value stays over a gap', () => {
    const forecasts = pointForecasts(
      new LastValue(2),
      Float64Array.of(gap, 3, gap),
      Int32Array.of(0, 1, 2),
      2,
    );
    expect([...forecasts]).toEqual([gap, gap, 3, 3, 3, 3]);
  });

  it('the moving mean is over the last known values', () => {
    expect(at(new MovingMean(2, 3), [9, 1, 2, gap, 6], 2)).toEqual([3, 3]);
  });

  it('the moving median leaves a short burst out', () => {
    expect(at(new MovingMedian(1, 5), [4, 5, 6, 900, 900], 1)).toEqual([6]);
    expect(at(new MovingMedian(1, 5), [4, 5], 1)).toEqual([4.5]);
  });

  it('the exponential mean follows its recursion, and over a gap forgets as if values had come', () => {
    expect(at(new ExponentialMean(1, 0.5), [8, 4, 2], 1)).toEqual([4]);
    expect(at(new ExponentialMean(1, 0.5), [8, gap, gap, 4], 1)).toEqual([8 + (4 - 8) * (1 - 0.5 ** 3)]);
  });

  it('the damped trend follows the recursion of Gardner and McKenzie', () => {
    const [alpha, beta, phi] = [0.5, 0.3, 0.9];
    const values = [10, 12, 15, 14, 18];
    let level = values[0]!;
    let trend = 0;
    for (const value of values.slice(1)) {
      const before = level;
      level = alpha * value + (1 - alpha) * (level + phi * trend);
      trend = beta * (level - before) + (1 - beta) * phi * trend;
    }
    const expected = [level + phi * trend, level + (phi + phi ** 2) * trend];
    at(new DampedTrend(2, { level: alpha, trend: beta, damping: phi }), values, 2).forEach((forecast, h) => {
      expect(forecast).toBeCloseTo(expected[h]!, 10);
    });
  });

  it('the damped trend takes no jump over a gap for a slope, whatever the weight of the newest value', () => {
    const jump = [10, 10, gap, gap, gap, gap, 100];
    expect(at(new DampedTrend(3, { level: 1, trend: 1, damping: 0.5 }), jump, 3)).toEqual([100, 100, 100]);
  });

  it('the damped trend never falls below zero', () => {
    const falling = [50, 40, 30, 20, 10, 1];
    const forecasts = at(new DampedTrend(8, { level: 1, trend: 1, damping: 1 }), falling, 8);
    expect(Math.min(...forecasts)).toBe(0);
  });
});

describe('methods with a season', () => {
  function withPast(past: SeasonalPast, forecaster: PointForecaster): PointForecaster {
    return {
      advance(value) {
        past.advance(value);
        forecaster.advance(value);
      },
      forecast: (out, place) => forecaster.forecast(out, place),
    };
  }

  it('repeats what was one period before, also beyond one period', () => {
    const past = new SeasonalPast(60);
    const values = rangeOf(14, (step) => step % 4);
    expect(at(withPast(past, new SeasonalValue(6, past, 4)), values, 6)).toEqual([2, 3, 0, 1, 2, 3]);
  });

  it('finds its period in the data', () => {
    const past = new SeasonalPast(60);
    const random = seededRandom(1);
    const season = rangeOf(31, () => 100 * random());
    const values = rangeOf(800, (step) => season[step % 31]!);
    const forecasts = at(withPast(past, new SeasonalValue(5, past)), values, 5);
    forecasts.forEach((forecast, h) => {
      expect(forecast).toBeCloseTo(season[(800 + h) % 31]!, 3);
    });
  });

  it('is silent before one period has passed', () => {
    const past = new SeasonalPast(60);
    expect(at(withPast(past, new SeasonalValue(1, past, 10)), [1, 2, 3], 1)).toEqual([gap]);
  });

  it('brings the course of yesterday to the present level', () => {
    const past = new SeasonalPast(60);
    const course = (step: number) => 50 + 30 * Math.sin((2 * Math.PI * step) / 1440);
    const values = rangeOf(2160, (step) => course(step) * (step < 1440 ? 1 : 1.5));
    at(withPast(past, new SeasonalRatio(10, past.blocks, 1440)), values, 10).forEach((forecast, h) => {
      expect(Math.abs(forecast / (1.5 * course(2160 + h)) - 1)).toBeLessThan(0.05);
    });
  });

  it('reads a season shorter than the horizon as often as it takes, and never what it does not know', () => {
    const past = new SeasonalPast(3600);
    const values = rangeOf(24 * 6, (step) => 10 + (step % 24));
    at(withPast(past, new SeasonalRatio(50, past.blocks, 24)), values, 50).forEach((forecast, h) => {
      expect(Math.abs(forecast / (10 + (h % 24)) - 1)).toBeLessThan(0.03);
    });
  });

  it('has the level of the known block beside a gap', () => {
    const blocks = new BlockMeans(3600);
    for (const value of [1, 2, gap, 4]) blocks.advance(value);
    expect([0, 0.5, 1, 1.5, 2].map((ago) => blocks.levelAt(ago))).toEqual([4, 4, gap, 2, 2]);
  });

  it('has the mean of each block, on lines between their middles', () => {
    const blocks = new BlockMeans(300);
    for (const value of [1, 3, 5, 7, gap, 9]) blocks.advance(value);
    // Blocks of two: means 2, 6, 9, with middles 4.5, 2.5 and 0.5 steps ago.
    expect([4.5, 3.5, 2.5, 1.5].map((ago) => blocks.levelAt(ago))).toEqual([2, 4, 6, 7.5]);
  });
});

describe('ridge regression', () => {
  function ridge(horizon: number, root = false): PointForecaster {
    const past = new SeasonalPast(60);
    const means = new WindowMeans([5, 20]);
    const calm = new MovingMedian(horizon, 21);
    const regression = new RidgeRegression(
      horizon,
      { ...FEW_LAGS, root, absolute: root },
      { means, past, calm },
    );
    return {
      advance(value) {
        for (const part of [past, means, calm, regression]) part.advance(value);
      },
      forecast: (out, place) => regression.forecast(out, place),
    };
  }

  it('goes on with a sine that it has seen, in either scale', () => {
    const sine = (step: number) => 50 + 20 * Math.sin(step / 7);
    for (const root of [false, true]) {
      at(
        ridge(5, root),
        rangeOf(600, (step) => sine(step)),
        5,
      ).forEach((forecast, h) => {
        expect(Math.abs(forecast - sine(600 + h))).toBeLessThan(4);
      });
    }
  });

  it('says the last value before it has learned, and for a constant to the last bit', () => {
    expect(at(ridge(2), [5, 7], 2)).toEqual([7, 7]);
    expect(
      at(
        ridge(2, true),
        rangeOf(300, () => 5.3),
        2,
      ),
    ).toEqual([5.3, 5.3]);
  });

  it('scales with the series', () => {
    const random = seededRandom(2);
    const values = rangeOf(300, (step) => 50 + 20 * Math.sin(step / 9) + 5 * random());
    const plain = at(ridge(3, true), values, 3);
    at(
      ridge(3, true),
      values.map((value) => value * 1000),
      3,
    ).forEach((forecast, h) => {
      expect(forecast / 1000 / plain[h]!).toBeCloseTo(1, 5);
    });
  });
});

describe('choosing among settings', () => {
  it('takes the one with the least error of late', () => {
    const candidates = [new ExponentialMean(1, 0.05), new ExponentialMean(1, 0.9)];
    const ramp = rangeOf(60, (step) => step);
    expect(at(new LeastError(1, candidates), ramp, 1)[0]).toBeCloseTo(
      at(new ExponentialMean(1, 0.9), ramp, 1)[0]!,
      9,
    );
  });

  it('stays with one that speaks', () => {
    const past = new SeasonalPast(60);
    const chosen = new LeastError(1, [new LastValue(1), new SeasonalValue(1, past, 50)]);
    expect(at(chosen, [1, 2, 3], 1)).toEqual([3]);
  });
});

describe('windows', () => {
  it('have the order and the means of their newest values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 12 }),
        (values, length) => {
          const window = new SortedWindow(length);
          const means = new WindowMeans([length]);
          for (const value of values) {
            window.add(value);
            means.advance(value);
          }
          const newest = values.slice(-length);
          const sorted = [...newest].sort((a, b) => a - b);
          expect(Array.from({ length: window.count }, (_, rank) => window.at(rank))).toEqual(sorted);
          const mean = newest.reduce((sum, value) => sum + value, 0) / newest.length;
          expect(means.means[0]).toBeCloseTo(mean, 8);
        },
      ),
      { numRuns: 100, seed: 3 },
    );
  });
});
