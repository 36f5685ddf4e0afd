import { solvePositiveDefinite } from './solve-positive-definite.ts';

const LAGS = 8;
/** Values whose mean is one of the features. */
const MEAN_STEPS = 30;
/** Penalty as a share of the mean variance of the features; it draws the forecast towards the last value. */
const PENALTY = 0.02;
const LEAST_ROWS = 40;
/** Newest rows that a fit looks at: bounds its cost. */
const MOST_ROWS = 720;
/** Fits over all origins of one call. */
const MOST_FITS = 4;

/**
 * Ridge autoregression (Hoerl & Kennard 1970), one direct regression for each step ahead. Features are the last
 * values, their mean, and what followed one period ago, all as differences to the last value; so is the target.
 * Hence it scales and shifts with the series, and with nothing learned it is the naive forecast. It is refitted
 * between origins, always on what lies before. The form of arguments and answer is that of `naiveForecasts`.
 *
 * @param period in steps; undefined: no season
 */
export function ridgeForecasts(
  values: Float64Array,
  origins: Int32Array,
  horizon: number,
  period: number | undefined,
): Float64Array {
  const forecasts = new Float64Array(origins.length * horizon).fill(Number.NaN);
  const filled = fillForward(values);
  const fits = Math.min(MOST_FITS, origins.length);
  const originsPerFit = Math.ceil(origins.length / Math.max(1, fits));
  let weights: Float64Array | undefined;
  origins.forEach((origin, i) => {
    if (i % originsPerFit === 0) weights = fitWeights(values, filled, origin, horizon, period);
    if (weights !== undefined) forecast(filled, origin, horizon, period, weights, forecasts, i * horizon);
  });
  return forecasts;
}

/** The last known value at every step; NaN before the first. */
function fillForward(values: Float64Array): Float64Array {
  let last = Number.NaN;
  return values.map((value) => {
    if (!Number.isNaN(value)) last = value;
    return last;
  });
}

/** Weights in rows of `horizon`, one row a feature; undefined with too little before `origin` or nothing to explain. */
function fitWeights(
  values: Float64Array,
  filled: Float64Array,
  origin: number,
  horizon: number,
  period: number | undefined,
): Float64Array | undefined {
  const size = featureCount(period);
  const gram = new Float64Array(size * size);
  const moments = new Float64Array(size * horizon);
  const features = new Float64Array(size);
  const newest = origin - horizon;
  const oldest = Math.max(firstUsable(filled, period), newest - MOST_ROWS + 1);
  let rows = 0;
  for (let t = oldest; t <= newest; t++) {
    if (hasGap(values, t, t + horizon)) continue;
    describe(filled, t, horizon, period, features);
    accumulate(features, filled, t, horizon, gram, moments);
    rows += 1;
  }
  if (rows < LEAST_ROWS) return undefined;
  penalize(gram, size);
  return solvePositiveDefinite(gram, moments, size, horizon);
}

function featureCount(period: number | undefined): number {
  return LAGS + 1 + (period === undefined ? 0 : 3);
}

function firstUsable(filled: Float64Array, period: number | undefined): number {
  const first = filled.findIndex((value) => !Number.isNaN(value));
  return first < 0 ? filled.length : first + Math.max(MEAN_STEPS, LAGS, period ?? 0);
}

function hasGap(values: Float64Array, from: number, to: number): boolean {
  for (let t = from; t <= to; t++) if (Number.isNaN(values[t])) return true;
  return false;
}

function describe(
  filled: Float64Array,
  t: number,
  horizon: number,
  period: number | undefined,
  features: Float64Array,
): void {
  const last = filled[t]!;
  let sum = 0;
  for (let j = 0; j < MEAN_STEPS; j++) sum += filled[t - j]!;
  for (let j = 1; j <= LAGS; j++) features[j - 1] = filled[t - j]! - last;
  features[LAGS] = sum / MEAN_STEPS - last;
  if (period === undefined) return;
  // With a period shorter than the horizon the season of the later steps lies ahead: the one before is taken.
  const back = period * Math.ceil(horizon / period);
  features[LAGS + 1] = filled[t + 1 - back]! - last;
  features[LAGS + 2] = filled[t + Math.ceil(horizon / 2) - back]! - last;
  features[LAGS + 3] = filled[t + horizon - back]! - last;
}

function accumulate(
  features: Float64Array,
  filled: Float64Array,
  t: number,
  horizon: number,
  gram: Float64Array,
  moments: Float64Array,
): void {
  const size = features.length;
  for (let i = 0; i < size; i++) {
    const feature = features[i]!;
    for (let j = 0; j <= i; j++) gram[i * size + j]! += feature * features[j]!;
    for (let h = 1; h <= horizon; h++)
      moments[i * horizon + h - 1]! += feature * (filled[t + h]! - filled[t]!);
  }
}

function penalize(gram: Float64Array, size: number): void {
  let trace = 0;
  for (let i = 0; i < size; i++) trace += gram[i * size + i]!;
  for (let i = 0; i < size; i++) gram[i * size + i]! += (PENALTY * trace) / size;
}

function forecast(
  filled: Float64Array,
  origin: number,
  horizon: number,
  period: number | undefined,
  weights: Float64Array,
  forecasts: Float64Array,
  offset: number,
): void {
  const features = new Float64Array(featureCount(period));
  describe(filled, origin, horizon, period, features);
  for (let h = 0; h < horizon; h++) {
    let change = 0;
    for (let i = 0; i < features.length; i++) change += features[i]! * weights[i * horizon + h]!;
    forecasts[offset + h] = filled[origin]! + change;
  }
}
