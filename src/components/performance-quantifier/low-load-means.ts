import type { FitEvidence, PairEvidence } from './fit-evidence.ts';

/** Requests that a mean should rest on. */
const ENOUGH_REQUESTS = 50;

/**
 * Mean own time of one visit at the lowest load seen, s, for every pair; NaN for a pair without a usable window.
 *
 * A visit cannot burn more CPU than its own time takes (on one thread), so with this as demand Σ rate·demand bounds
 * the CPU use of the service from above (Little's law), the tighter the lower the load.
 */
export function lowLoadMeans(evidence: FitEvidence): Float64Array {
  const loads = relativeLoads(evidence);
  return Float64Array.from(evidence.pairs, (pair) => lowLoadMean(pair, loads));
}

/** Visits per second and core: a stand-in for the utilisation as long as no demand is known. */
function relativeLoads(evidence: FitEvidence): Float64Array {
  return evidence.capacities.map((capacity, i) => {
    let rate = 0;
    for (const pair of evidence.pairs) rate += pair.columns.rates[i]!;
    return rate / capacity;
  });
}

function lowLoadMean({ columns, priorRows }: PairEvidence, loads: Float64Array): number {
  const calmestFirst = [...priorRows].sort((i, j) => loads[i]! - loads[j]!);
  const least = Math.ceil(priorRows.length / 10);
  let requests = 0;
  let seconds = 0;
  for (const [taken, i] of calmestFirst.entries()) {
    if (taken >= least && requests >= ENOUGH_REQUESTS) break;
    requests += columns.requests[i]!;
    seconds += columns.requests[i]! * columns.means[i]!;
  }
  return seconds / requests;
}
