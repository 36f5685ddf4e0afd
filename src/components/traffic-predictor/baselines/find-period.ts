/** The autocorrelation that a season must reach. */
const LEAST_CORRELATION = 0.4;
/** The coarse search looks at this many points at most, so that its cost is bounded. */
const COARSE_POINTS = 400;

/**
 * Length of the season in steps, found from the data alone, or undefined: the lag of the highest autocorrelation
 * after the first zero crossing, searched on block means first and then step by step around it. At least three
 * periods must lie in the data. Gaps count as the mean.
 */
export function findPeriod(values: Float64Array): number | undefined {
  const block = Math.max(1, Math.ceil(values.length / COARSE_POINTS));
  const coarse = centred(blockMeans(values, block));
  const peak = highestPeak(coarse);
  if (peak === undefined) return undefined;
  return block === 1 ? peak : refine(centred(values), peak * block, block);
}

function blockMeans(values: Float64Array, block: number): Float64Array {
  if (block === 1) return values;
  const means = new Float64Array(Math.floor(values.length / block));
  for (let i = 0; i < means.length; i++) {
    let sum = 0;
    let known = 0;
    for (let j = i * block; j < (i + 1) * block; j++) {
      const value = values[j]!;
      if (Number.isNaN(value)) continue;
      sum += value;
      known += 1;
    }
    means[i] = known === 0 ? Number.NaN : sum / known;
  }
  return means;
}

function centred(values: Float64Array): Float64Array {
  let sum = 0;
  let known = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    known += 1;
  }
  const mean = known === 0 ? 0 : sum / known;
  return values.map((value) => (Number.isNaN(value) ? 0 : value - mean));
}

function highestPeak(deviations: Float64Array): number | undefined {
  const most = Math.floor(deviations.length / 3);
  const power = products(deviations, 0) / deviations.length;
  if (!(power > 0)) return undefined;
  let crossed = false;
  let best: number | undefined;
  let highest = LEAST_CORRELATION * power;
  for (let lag = 1; lag <= most; lag++) {
    const covariance = products(deviations, lag) / (deviations.length - lag);
    if (covariance < 0) crossed = true;
    if (!crossed || covariance <= highest) continue;
    highest = covariance;
    best = lag;
  }
  return best;
}

function refine(deviations: Float64Array, about: number, reach: number): number {
  let best = about;
  let highest = Number.NEGATIVE_INFINITY;
  for (let lag = Math.max(2, about - reach); lag <= about + reach; lag++) {
    const covariance = products(deviations, lag) / (deviations.length - lag);
    if (covariance <= highest) continue;
    highest = covariance;
    best = lag;
  }
  return best;
}

function products(deviations: Float64Array, lag: number): number {
  let sum = 0;
  for (let i = lag; i < deviations.length; i++) sum += deviations[i]! * deviations[i - lag]!;
  return sum;
}
