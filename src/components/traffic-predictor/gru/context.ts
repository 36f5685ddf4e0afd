import type { ChainSeries } from '../../../models/metrics.ts';
import { median } from '../../../models/statistics.ts';
import { type WindowScale, windowScale } from './windows.ts';

/** What the context is read from. */
export type TimedRates = Pick<ChainSeries, 'rates' | 'stepSeconds'>;

const DAY_SECONDS = 86_400;
const WEEK_DAYS = 7;
/** Yesterday, a week ago, the median of the last seven days. */
const SEASONS = 3;
/** Whether it is known, and how much higher the end of the window was then. */
const SEASON_HEAD = 2;
/** Numbers are cut there, in units of the scale, and halved, as the rates of a window are. */
const LARGEST = 20;
const UNIT = 2;
/** The level of another day counts as at most so many times lower or higher. */
const MOST_TIMES = 10;

/** How many numbers `writeContext` writes. */
export function contextLength(horizon: number): number {
  return 1 + SEASONS * (SEASON_HEAD + horizon);
}

/**
 * What the last steps of a window cannot show: its median, to which a burst returns; and what followed at the same time yesterday, a week ago and in the median of the last
 * seven days, each step ahead by itself (an outage at a fixed minute is sharp). The rates of another day are raised or
 * lowered to the mean of the window now, so they mean the same after the level has changed, and are in its anchor and
 * scale, so nothing here changes when the series is scaled. A season that lies before the series or in a gap, or was
 * constant or zero, is all zeros.
 *
 * @param origin last step of a window of `steps`; nothing after it is read
 * @param scale of that window
 */
export function writeContext(
  series: TimedRates,
  origin: number,
  steps: number,
  horizon: number,
  scale: WindowScale,
  out: Float32Array,
  offset: number,
): void {
  const { rates, stepSeconds } = series;
  const day = Math.max(1, Math.round(DAY_SECONDS / stepSeconds));
  const days = Array.from({ length: WEEK_DAYS }, (_, i) => {
    const lag = (i + 1) * day;
    // With a lag shorter than the horizon the later steps would lie ahead: whole seasons further back do not.
    return pastWindow(rates, origin - lag * Math.ceil(horizon / lag), steps, scale);
  });
  out[offset] = numberOf(calmLevel(rates, origin, steps) - scale.anchor, scale);
  const seasons = [days.slice(0, 1), days.slice(-1), days];
  seasons.forEach((windows, i) => {
    const known = windows.filter((window) => window !== undefined);
    writeSeason(rates, known, horizon, scale, out, offset + 1 + i * (SEASON_HEAD + horizon));
  });
}

interface PastWindow {
  readonly origin: number;
  readonly anchor: number;
  /** What its rates are multiplied by. */
  readonly times: number;
}

function pastWindow(
  rates: Float64Array,
  origin: number,
  steps: number,
  { mean }: WindowScale,
): PastWindow | undefined {
  const then = windowScale(rates, origin, steps);
  if (then === undefined || !(then.mean > 0)) return undefined;
  const times = Math.max(1 / MOST_TIMES, Math.min(MOST_TIMES, mean / then.mean));
  return { origin, anchor: then.anchor, times };
}

function writeSeason(
  rates: Float64Array,
  windows: readonly PastWindow[],
  horizon: number,
  scale: WindowScale,
  out: Float32Array,
  offset: number,
): void {
  out.fill(0, offset, offset + SEASON_HEAD + horizon);
  if (windows.length === 0) return;
  out[offset] = 1;
  out[offset + 1] = numberOf(median(windows.map((then) => then.anchor * then.times - scale.anchor)), scale);
  for (let h = 1; h <= horizon; h++) {
    out[offset + SEASON_HEAD + h - 1] = numberOf(
      median(windows.map((then) => changeAt(rates, then, h))),
      scale,
    );
  }
}

/** Requests/s at the level of now; a gap counts as no change. */
function changeAt(rates: Float64Array, { origin, anchor, times }: PastWindow, ahead: number): number {
  const rate = rates[origin + ahead]!;
  return Number.isNaN(rate) ? 0 : (rate - anchor) * times;
}

/** A difference of rates in the unit of the inputs. */
function numberOf(difference: number, { scale }: WindowScale): number {
  return Math.max(-LARGEST, Math.min(LARGEST, difference / scale)) / UNIT;
}

/** Median of the known rates of a window. There are some, or it would have no scale. */
function calmLevel(rates: Float64Array, origin: number, steps: number): number {
  const known = rates.slice(origin - steps + 1, origin + 1).filter((rate) => !Number.isNaN(rate));
  return known.sort()[known.length >> 1]!;
}
