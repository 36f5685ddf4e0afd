import type { ForecastModel } from '../../../models/forecasts.ts';
import { ewmaForecasts } from './ewma.ts';
import { findPeriod } from './find-period.ts';
import { naiveForecasts } from './naive.ts';
import { ridgeForecasts } from './ridge.ts';
import { seasonalNaiveForecasts } from './seasonal-naive.ts';

const DAY_SECONDS = 86_400;
const WEEK_SECONDS = 604_800;

export type Baseline = Extract<ForecastModel, 'naive' | 'ewma' | 'seasonal-naive' | 'ridge'>;

/** From the simplest to the richest: of equals the first speaks. */
export const BASELINES: readonly Baseline[] = ['naive', 'ewma', 'seasonal-naive', 'ridge'];

/** Forecasts of one baseline, in the form of `naiveForecasts`. */
export function baselineForecasts(
  model: Baseline,
  values: Float64Array,
  origins: Int32Array,
  horizon: number,
  periods: readonly number[],
): Float64Array {
  switch (model) {
    case 'naive':
      return naiveForecasts(values, origins, horizon);
    case 'ewma':
      return ewmaForecasts(values, origins, horizon);
    case 'seasonal-naive':
      return seasonalNaiveForecasts(values, origins, horizon, periods);
    case 'ridge':
      return ridgeForecasts(values, origins, horizon, periods[0]);
  }
}

/** The seasons that `values` can tell of, in steps: the one found in them first, then a day and a week. */
export function seasonPeriods(values: Float64Array, stepSeconds: number): readonly number[] {
  const periods = new Set<number>();
  const found = findPeriod(values);
  if (found !== undefined) periods.add(found);
  for (const seconds of [DAY_SECONDS, WEEK_SECONDS]) {
    const steps = Math.round(seconds / stepSeconds);
    if (steps > 1 && steps < values.length) periods.add(steps);
  }
  return [...periods];
}
