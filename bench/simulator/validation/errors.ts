/** What errors come to: medians, quantiles and the uncertainty of a median. */

/** NaN without values. */
export function median(values: readonly number[]): number {
  return quantileOf(values, 0.5);
}

/** With linear interpolation between order statistics (type 7 of Hyndman and Fan 1996); NaN without values. */
export function quantileOf(values: readonly number[], quantile: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = quantile * (sorted.length - 1);
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (place - Math.floor(place)) * (high - low);
}

/**
 * Standard error of a median: √(π/2)·σ/√n, exact for many normal values, with σ from the median absolute deviation (P. J. Huber,
 * "Robust Statistics", 1981, 5.1 and 1.2).
 */
export function medianStandardError(values: readonly number[]): number {
  const center = median(values);
  const spread = 1.4826 * median(values.map((value) => Math.abs(value - center)));
  return (Math.sqrt(Math.PI / 2) * spread) / Math.sqrt(values.length);
}
