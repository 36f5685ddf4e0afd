import { DampedTrend } from '../baselines/damped-trend.ts';
import { ExponentialMean } from '../baselines/exponential-mean.ts';
import { LastValue } from '../baselines/last-value.ts';
import { LeastError } from '../baselines/least-error.ts';
import { MovingMean } from '../baselines/moving-mean.ts';
import type { PointForecaster } from '../baselines/point-forecaster.ts';
import { FEW_LAGS, RidgeRegression } from '../baselines/ridge-regression.ts';
import { SeasonalPast } from '../baselines/seasonal-past.ts';
import { SeasonalValue } from '../baselines/seasonal-value.ts';
import { WindowMeans } from '../baselines/window-means.ts';
import { pointRows } from './point-rows.ts';
import type { QuantileRows } from './quantile-rows.ts';

const DAY_SECONDS = 86_400;

/** The simple methods that a forecaster has to beat, from the simplest to the richest. */
export const BASELINE_NAMES = ['naive', 'moving-mean', 'ewma', 'holt', 'seasonal-naive', 'ridge'] as const;
export type BaselineName = (typeof BASELINE_NAMES)[number];

/**
 * What one baseline forecasts at every origin, with quantiles from its own residuals (`point-rows.ts`). Each is as
 * strong as its kind can be: of several settings the one with the least error of late is used, chosen anew at each
 * step and for each step ahead. Strictly causal: a forecast rests on nothing after its origin.
 */
export function baselineRows(
  name: BaselineName,
  values: Float64Array,
  origins: Int32Array,
  horizon: number,
  stepSeconds: number,
): QuantileRows {
  return pointRows(() => baseline(name, horizon, stepSeconds), values, origins, horizon, stepSeconds);
}

function baseline(name: BaselineName, horizon: number, stepSeconds: number): PointForecaster {
  switch (name) {
    case 'naive':
      return new LastValue(horizon);
    case 'moving-mean':
      return best(horizon, [3, 5, 10, 20, 40, 60], (length) => new MovingMean(horizon, length));
    case 'ewma':
      return best(
        horizon,
        [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9],
        (weight) => new ExponentialMean(horizon, weight),
      );
    case 'holt':
      return best(horizon, HOLT_SETTINGS, ([level, trend, damping]) => {
        return new DampedTrend(horizon, { level, trend, damping });
      });
    case 'seasonal-naive':
      return seasonalNaive(horizon, stepSeconds);
    case 'ridge':
      return ridge(horizon, stepSeconds);
  }
}

const HOLT_SETTINGS = [
  [0.2, 0.05, 0.9],
  [0.5, 0.1, 0.9],
  [0.8, 0.2, 0.9],
  [0.2, 0.05, 0.98],
  [0.5, 0.1, 0.98],
  [0.8, 0.3, 0.98],
  [0.9, 0.5, 0.8],
  [1, 1, 0.5],
] as const;

function best<S>(
  horizon: number,
  settings: readonly S[],
  make: (setting: S) => PointForecaster,
): PointForecaster {
  return new LeastError(horizon, settings.map(make));
}

/** Of the period found in the data, a day and a week the one with the least error. */
function seasonalNaive(horizon: number, stepSeconds: number): PointForecaster {
  const day = Math.round(DAY_SECONDS / stepSeconds);
  const past = new SeasonalPast(stepSeconds, 7 * day + horizon + 1);
  const periods = [undefined, day, 7 * day];
  const chosen = best(horizon, periods, (period) => new SeasonalValue(horizon, past, period));
  return {
    advance: (value) => advanceAll([past, chosen], value),
    forecast: (out, at) => chosen.forecast(out, at),
  };
}

/** Yesterday and last week around the steps ahead are among the features. */
function ridge(horizon: number, stepSeconds: number): PointForecaster {
  const day = Math.round(DAY_SECONDS / stepSeconds);
  const past = new SeasonalPast(stepSeconds, 7 * day + horizon + 1);
  const settings = { ...FEW_LAGS, periods: [day, 7 * day] };
  const few = new WindowMeans([15, 60]);
  const many = new WindowMeans([5, 10, 20, 40, 80, 160]);
  const chosen = new LeastError(
    horizon,
    [few, many].map((means) => new RidgeRegression(horizon, settings, { means, past })),
  );
  return {
    advance: (value) => advanceAll([past, few, many, chosen], value),
    forecast: (out, at) => chosen.forecast(out, at),
  };
}

function advanceAll(parts: readonly { advance(value: number): void }[], value: number): void {
  for (const part of parts) part.advance(value);
}
