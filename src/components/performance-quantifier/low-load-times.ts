import type { FitEvidence, PairEvidence } from './fit-evidence.ts';
import { selectInPlace } from './medians.ts';

/** Requests that a mean should rest on, and the shares of the windows that are tried, the calmest first. */
const ENOUGH_REQUESTS = 50;
const SHARES = [0.1, 0.2, 0.4, 1];

/** Own times of one visit at the lowest load seen, s; NaN without a usable window. */
export interface LowLoadTimes {
  readonly meanSeconds: number;
  /** At the percentile that is learned; the mean of the windows', weighted with their requests. */
  readonly percentileSeconds: number;
}

/**
 * Own times at the lowest load seen, for every pair.
 *
 * A visit cannot burn more CPU than its own time takes (on one thread), so with the mean as demand Σ rate·demand bounds
 * the CPU use of the service from above (Little's law), the tighter the lower the load.
 */
export function lowLoadTimes(evidence: FitEvidence): readonly LowLoadTimes[] {
  const loads = relativeLoads(evidence);
  const scratch = loads.slice();
  const limits = SHARES.map((share) =>
    selectInPlace(scratch, loads.length, Math.ceil(share * loads.length) - 1),
  );
  return evidence.pairs.map((pair) => lowLoad(pair, loads, limits));
}

/** Visits per second and core: a stand-in for the utilisation as long as no demand is known. */
function relativeLoads(evidence: FitEvidence): Float64Array {
  const loads = new Float64Array(evidence.count);
  for (const { columns } of evidence.pairs) {
    for (let i = 0; i < loads.length; i++) loads[i] = loads[i]! + columns.rates[i]! / evidence.capacities[i]!;
  }
  return loads;
}

function lowLoad(pair: PairEvidence, loads: Float64Array, limits: readonly number[]): LowLoadTimes {
  let times: LowLoadTimes = { meanSeconds: Number.NaN, percentileSeconds: Number.NaN };
  for (const limit of limits) {
    const { requests, meanSeconds, percentileSeconds } = timesUpTo(pair, loads, limit);
    if (requests > 0) times = { meanSeconds, percentileSeconds };
    if (requests >= ENOUGH_REQUESTS) break;
  }
  return times;
}

function timesUpTo(
  { columns, priorRows }: PairEvidence,
  loads: Float64Array,
  limit: number,
): LowLoadTimes & { readonly requests: number } {
  let requests = 0;
  let seconds = 0;
  let percentiles = 0;
  for (const i of priorRows) {
    if (loads[i]! > limit) continue;
    const count = columns.requests[i]!;
    requests += count;
    seconds += count * columns.means[i]!;
    percentiles += count * columns.percentiles[i]!;
  }
  return { requests, meanSeconds: seconds / requests, percentileSeconds: percentiles / requests };
}
