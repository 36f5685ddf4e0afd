import type { LowLoadTimes } from './low-load-times.ts';
import type { DemandSource } from './pair-fit.ts';

/** Period of a CPU quota, s: CFS bandwidth control, and what Kubernetes sets. */
const PERIOD_SECONDS = 0.1;

/**
 * Cores of an instance below which a visit's CPU need, at the percentile that is learned, exceeds cpu · 100 ms: it burns
 * the quota of a period and stalls until the next, however low the load. The need varies as the own times do while nothing
 * waits (percentile over mean), and is no longer than those are, on one thread. 0 where the demand is only bounded.
 */
export function leastCpuFor(demand: number, source: DemandSource, low: LowLoadTimes): number {
  const { meanSeconds, percentileSeconds } = low;
  if (source === 'bound' || !(meanSeconds > 0)) return 0;
  const need = Math.min(percentileSeconds, demand * Math.max(1, percentileSeconds / meanSeconds));
  return need / PERIOD_SECONDS;
}
