import type { FitEvidence, PairEvidence } from './fit-evidence.ts';
import { selectInPlace } from './medians.ts';

/** Requests that a mean should rest on, and the shares of the windows that are tried, the calmest first. */
const ENOUGH_REQUESTS = 50;
const SHARES = [0.1, 0.2, 0.4, 1];

/**
 * Mean own time of one visit at the lowest load seen, s, for every pair; NaN for a pair without a usable window.
 *
 * A visit cannot burn more CPU than its own time takes (on one thread), so with this as demand Σ rate·demand bounds
 * the CPU use of the service from above (Little's law), the tighter the lower the load.
 */
export function lowLoadMeans(evidence: FitEvidence): Float64Array {
  const loads = relativeLoads(evidence);
  const scratch = loads.slice();
  const limits = SHARES.map((share) =>
    selectInPlace(scratch, loads.length, Math.ceil(share * loads.length) - 1),
  );
  return Float64Array.from(evidence.pairs, (pair) => lowLoadMean(pair, loads, limits));
}

/** Visits per second and core: a stand-in for the utilisation as long as no demand is known. */
function relativeLoads(evidence: FitEvidence): Float64Array {
  const loads = new Float64Array(evidence.count);
  for (const { columns } of evidence.pairs) {
    for (let i = 0; i < loads.length; i++) loads[i] = loads[i]! + columns.rates[i]! / evidence.capacities[i]!;
  }
  return loads;
}

function lowLoadMean(pair: PairEvidence, loads: Float64Array, limits: readonly number[]): number {
  let mean = Number.NaN;
  for (const limit of limits) {
    const found = meanUpTo(pair, loads, limit);
    if (found.requests > 0) mean = found.seconds / found.requests;
    if (found.requests >= ENOUGH_REQUESTS) break;
  }
  return mean;
}

function meanUpTo(
  { columns, priorRows }: PairEvidence,
  loads: Float64Array,
  limit: number,
): { requests: number; seconds: number } {
  let requests = 0;
  let seconds = 0;
  for (const i of priorRows) {
    if (loads[i]! > limit) continue;
    requests += columns.requests[i]!;
    seconds += columns.requests[i]! * columns.means[i]!;
  }
  return { requests, seconds };
}
