/** Nearest rank; NaN without values. */
export function percentile(values: readonly number[], fraction: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)]!;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** NaN without values. */
export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

/** Slope of the least-squares line; NaN when all x are the same. */
export function slope(xs: readonly number[], ys: readonly number[]): number {
  return comoment(xs, ys) / comoment(xs, xs);
}

/** Pearson's correlation; NaN when one of them does not vary. */
export function pearson(xs: readonly number[], ys: readonly number[]): number {
  return comoment(xs, ys) / Math.sqrt(comoment(xs, xs) * comoment(ys, ys));
}

function comoment(xs: readonly number[], ys: readonly number[]): number {
  const meanX = mean(xs);
  const meanY = mean(ys);
  return sum(xs.map((x, index) => (x - meanX) * (ys[index]! - meanY)));
}
