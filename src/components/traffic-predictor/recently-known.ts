import type { ChainSeries } from '../../models/metrics.ts';

/** How many of the newest `steps` rates of a series are known. */
export function recentlyKnown(series: ChainSeries, steps: number): number {
  let known = 0;
  const end = series.rates.length;
  for (let t = Math.max(0, end - steps); t < end; t++) if (!Number.isNaN(series.rates[t])) known += 1;
  return known;
}
