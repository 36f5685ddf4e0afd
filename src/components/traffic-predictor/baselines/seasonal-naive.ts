/** Errors older than about this many steps no longer decide about the period. */
const ERROR_MEMORY_STEPS = 200;
/** A period is compared on at least this many pairs before it may speak. */
const LEAST_PAIRS = 5;

/**
 * Seasonal naive: what was there one period ago comes again. Of several periods the one with the least faded mean
 * |value − value one period before| up to the origin speaks. Where that step is a gap, the one another period before
 * is taken. The form of arguments and answer is that of `naiveForecasts`.
 *
 * @param periods in steps
 */
export function seasonalNaiveForecasts(
  values: Float64Array,
  origins: Int32Array,
  horizon: number,
  periods: readonly number[],
): Float64Array {
  const forecasts = new Float64Array(origins.length * horizon).fill(Number.NaN);
  const tracks = periods.map((period) => ({ period, error: 0, weight: 0, pairs: 0 }));
  let step = 0;
  origins.forEach((origin, i) => {
    for (; step <= origin; step++) for (const track of tracks) compare(track, values, step);
    const period = bestPeriod(tracks);
    if (period === undefined) return;
    for (let h = 1; h <= horizon; h++) {
      forecasts[i * horizon + h - 1] = oneSeasonBefore(values, origin, origin + h, period);
    }
  });
  return forecasts;
}

interface Track {
  readonly period: number;
  error: number;
  weight: number;
  pairs: number;
}

function compare(track: Track, values: Float64Array, step: number): void {
  if (step < track.period) return;
  const difference = Math.abs(values[step]! - values[step - track.period]!);
  if (Number.isNaN(difference)) return;
  const keep = 1 - 1 / ERROR_MEMORY_STEPS;
  track.error = track.error * keep + difference;
  track.weight = track.weight * keep + 1;
  track.pairs += 1;
}

function bestPeriod(tracks: readonly Track[]): number | undefined {
  let best: Track | undefined;
  for (const track of tracks) {
    if (track.pairs < LEAST_PAIRS) continue;
    if (best === undefined || track.error / track.weight < best.error / best.weight) best = track;
  }
  return best?.period;
}

/** The newest known value at `target` minus a whole number of periods that lies at or before the origin. */
function oneSeasonBefore(values: Float64Array, origin: number, target: number, period: number): number {
  let step = target - period * Math.ceil((target - origin) / period);
  while (step >= 0 && Number.isNaN(values[step])) step -= period;
  return step < 0 ? Number.NaN : values[step]!;
}
