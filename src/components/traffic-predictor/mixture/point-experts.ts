import { DampedTrend } from '../baselines/damped-trend.ts';
import { ExponentialMean } from '../baselines/exponential-mean.ts';
import { LastValue } from '../baselines/last-value.ts';
import { MovingMedian } from '../baselines/moving-median.ts';
import type { PointForecaster } from '../baselines/point-forecaster.ts';
import { FEW_LAGS, RidgeRegression, type RidgeSettings } from '../baselines/ridge-regression.ts';
import { SeasonalPast } from '../baselines/seasonal-past.ts';
import { SeasonalRatio } from '../baselines/seasonal-ratio.ts';
import { SeasonalValue } from '../baselines/seasonal-value.ts';
import { WindowMeans } from '../baselines/window-means.ts';
import type { ExpertName } from './served.ts';

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;
/** The calm level: bursts of up to half this many steps leave it alone. */
const CALM_STEPS = 61;

const SHORT_WINDOWS = [15, 60];
const LONG_WINDOWS = [60, 160];
/** Many lags know more; the third regression goes to the median, which bursts leave alone. */
const LONG: RidgeSettings = { ...FEW_LAGS, lags: 60, penalty: 0.3 };
const MEDIAN: RidgeSettings = { ...FEW_LAGS, root: true, absolute: true };

/**
 * The simple methods of one chain, several settings of each, over one shared past. The moving median is the last of them:
 * it does not know of a burst under way, so it has a say in the middle but not in what upper quantiles start from.
 */
export class PointExperts {
  readonly names: readonly ExpertName[];
  /** Place of the regression on few lags and seasons among the names. */
  readonly regression: number;
  readonly #forecasters: readonly PointForecaster[];
  /** All that goes along, what others look at first. */
  readonly #parts: readonly { advance(value: number): void }[];
  readonly #row: Float64Array;
  readonly #yesterday: PointForecaster;
  readonly #season: Float64Array;
  readonly #hour: number;
  #unknown = 0;

  constructor(horizon: number, stepSeconds: number, turn: number) {
    const past = new SeasonalPast(stepSeconds);
    const day = Math.round(DAY_SECONDS / stepSeconds);
    const calm = new MovingMedian(horizon, CALM_STEPS);
    const yesterday = new SeasonalRatio(horizon, past.blocks, day);
    const means = new WindowMeans(SHORT_WINDOWS);
    const longMeans = new WindowMeans(LONG_WINDOWS);
    const seasons = [day, 7 * day];
    const experts: readonly (readonly [ExpertName, PointForecaster])[] = [
      ['naive', new LastValue(horizon)],
      ['ewma', new ExponentialMean(horizon, 0.05)],
      ['ewma', new ExponentialMean(horizon, 0.15)],
      ['holt', new DampedTrend(horizon, { level: 0.3, trend: 0.1, damping: 0.9 })],
      ['seasonal-naive', new SeasonalValue(horizon, past, undefined, turn)],
      ['seasonal-naive', yesterday],
      ['seasonal-naive', new SeasonalRatio(horizon, past.blocks, 7 * day)],
      ['ridge', new RidgeRegression(horizon, { ...FEW_LAGS, periods: seasons, turn }, { means, past })],
      ['ridge', new RidgeRegression(horizon, { ...MEDIAN, turn: turn + 5 }, { means, past, calm })],
      ['ridge', new RidgeRegression(horizon, { ...LONG, turn: turn + 10 }, { means: longMeans, past })],
      ['moving-median', calm],
    ];
    this.names = experts.map(([name]) => name);
    this.regression = this.names.indexOf('ridge');
    this.#forecasters = experts.map(([, forecaster]) => forecaster);
    this.#parts = [...new Set([past, means, longMeans, calm, ...this.#forecasters])];
    this.#row = new Float64Array(horizon);
    this.#yesterday = yesterday;
    this.#season = new Float64Array(horizon);
    this.#hour = Math.ceil(HOUR_SECONDS / stepSeconds);
  }

  advance(value: number): void {
    this.#unknown = Number.isNaN(value) ? this.#unknown + 1 : 0;
    for (const part of this.#parts) part.advance(value);
    if (this.#unknown > this.#hour) this.#yesterday.forecast(this.#season, 0);
    else this.#season.fill(Number.NaN);
  }

  /**
   * What expert `k` says from the newest step, by step ahead; the array is reused by the next call. When nothing has been
   * known for an hour, who goes on from the last value is silent where yesterday tells more.
   */
  say(k: number): Float64Array {
    this.#forecasters[k]!.forecast(this.#row, 0);
    if (this.names[k] === 'seasonal-naive') return this.#row;
    this.#season.forEach((rate, h) => {
      if (!Number.isNaN(rate)) this.#row[h] = Number.NaN;
    });
    return this.#row;
  }
}
