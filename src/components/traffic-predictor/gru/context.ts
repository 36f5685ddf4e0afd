import type { ChainSeries } from '../../../models/metrics.ts';
import type { WindowScale } from './windows.ts';

/** What the context is read from. */
export type TimedRates = Pick<ChainSeries, 'rates' | 'stepSeconds'>;

const DAY_SECONDS = 86_400;
const WEEK_DAYS = 7;
/** Yesterday, a week ago, the median of the last seven days. */
const SEASONS = 3;
/** Whether it is known, and the level then, short and long. */
const SEASON_HEAD = 3;
const SHORT_LEVEL_STEPS = 8;
const LONG_LEVEL_STEPS = 30;
/** Numbers are cut there, in units of the window's scale, and halved, as those of the window are. */
const LARGEST = 20;
const UNIT = 2;

/** How many numbers `writeContext` writes. */
export function contextLength(horizon: number): number {
  return SEASONS * (SEASON_HEAD + horizon);
}

/**
 * What a window of an hour cannot show: what followed at the same time yesterday, a week ago and in the median of the last seven days, each step ahead by itself
 * (an outage at a fixed minute is sharp). Rates are in the window's anchor and scale, so nothing here changes when the
 * series is scaled. A season that lies before the series, or in a gap, is all zeros.
 *
 * @param origin last step of the window; nothing after it is read
 */
export function writeContext(
  series: TimedRates,
  origin: number,
  horizon: number,
  scale: WindowScale,
  out: Float32Array,
  offset: number,
): void {
  const day = Math.max(1, Math.round(DAY_SECONDS / series.stepSeconds));
  const days = Array.from({ length: WEEK_DAYS }, (_, i) => (i + 1) * day);
  [[day], [WEEK_DAYS * day], days].forEach((lags, i) => {
    const at = offset + i * (SEASON_HEAD + horizon);
    writeSeason(series.rates, origin, lags, horizon, scale, out, at);
  });
}

function writeSeason(
  rates: Float64Array,
  origin: number,
  lags: readonly number[],
  horizon: number,
  scale: WindowScale,
  out: Float32Array,
  offset: number,
): void {
  out.fill(0, offset, offset + SEASON_HEAD + horizon);
  const past = lags
    // With a lag shorter than the horizon the later steps would lie ahead: whole seasons further back do not.
    .map((lag) => origin - lag * Math.ceil(horizon / lag))
    .filter((step) => step >= 0 && !Number.isNaN(rates[step]));
  if (past.length === 0) return;
  const normal = (rate: number) => clamp((rate - scale.anchor) / scale.scale, LARGEST) / UNIT;
  const shortLevels = past.map((step) => fadedBefore(rates, step, SHORT_LEVEL_STEPS));
  out[offset] = 1;
  out[offset + 1] = normal(median(shortLevels));
  out[offset + 2] = normal(median(past.map((step) => meanBefore(rates, step, LONG_LEVEL_STEPS))));
  for (let h = 1; h <= horizon; h++) {
    const followed = past.map((step, i) => known(rates[step + h]!, shortLevels[i]!));
    out[offset + SEASON_HEAD + h - 1] = normal(median(followed));
  }
}

function known(rate: number, otherwise: number): number {
  return Number.isNaN(rate) ? otherwise : rate;
}

/** Mean of the known rates of the `steps` steps up to `last`; NaN when there is none. */
function meanBefore(rates: Float64Array, last: number, steps: number): number {
  let sum = 0;
  let count = 0;
  for (let t = Math.max(0, last - steps + 1); t <= last; t++) {
    if (Number.isNaN(rates[t])) continue;
    sum += rates[t]!;
    count += 1;
  }
  return sum / count;
}

/** Moving average of those steps, each newer one half of it. */
function fadedBefore(rates: Float64Array, last: number, steps: number): number {
  let level = Number.NaN;
  for (let t = Math.max(0, last - steps + 1); t <= last; t++) {
    const rate = rates[t]!;
    if (Number.isNaN(rate)) continue;
    level = Number.isNaN(level) ? rate : (level + rate) / 2;
  }
  return level;
}

/** Of at least one value. */
function median(values: readonly number[]): number {
  if (values.length === 1) return values[0]!;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function clamp(value: number, bound: number): number {
  return Math.max(-bound, Math.min(bound, value));
}
