import { LEVELS, UPPER } from './levels.ts';

/**
 * What is served when outages are possible: with probability p there is traffic, as was forecast, else zero. So the
 * quantile `level` is the forecast's quantile 1 − (1 − level)/p, and zero where that is not positive. In place.
 *
 * @param ahead [horizon] probability of traffic at each step ahead
 * @param within [horizon] and at any step up to there, for the maximum
 * @param quantiles [horizon × LEVELS]
 */
export function foldInOutage(
  ahead: Float64Array,
  within: Float64Array,
  quantiles: Float64Array,
  maximum95: Float64Array,
): void {
  const levels = LEVELS.length;
  let most = 0;
  for (let h = 0; h < maximum95.length; h++) {
    if (within[h] === 1 && ahead[h] === 1) {
      most = Math.max(most, maximum95[h]!);
      maximum95[h] = most;
      continue;
    }
    const row = quantiles.slice(h * levels, (h + 1) * levels);
    for (let q = 0; q < levels; q++) {
      quantiles[h * levels + q] = quantileAt(1 - (1 - LEVELS[q]!) / ahead[h]!, row);
    }
    const level = 1 - (1 - LEVELS[UPPER]!) / within[h]!;
    most = Math.max(most, level > 0 ? maximum95[h]! : 0, quantiles[h * levels + UPPER]!);
    maximum95[h] = most;
  }
}

/** On the straight line between the stated quantiles; the lower half as far from the median as the upper is. */
function quantileAt(level: number, row: Float64Array): number {
  if (level <= 0) return 0;
  const median = row[0]!;
  const distance = upperAt(Math.max(level, 1 - level), row) - median;
  return Math.max(0, level < 0.5 ? median - distance : median + distance);
}

/** The quantile of a level of at least 1/2, and at most the highest that is stated. */
function upperAt(level: number, row: Float64Array): number {
  for (let q = 1; q < LEVELS.length; q++) {
    if (level > LEVELS[q]!) continue;
    const share = (LEVELS[q]! - level) / (LEVELS[q]! - LEVELS[q - 1]!);
    return row[q]! - share * (row[q]! - row[q - 1]!);
  }
  return row[LEVELS.length - 1]!;
}
