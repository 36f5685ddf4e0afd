import { quantileBetween } from '../../../simulator/latency-histogram.ts';
import type { KnownChain, Scrape } from '../../policy.ts';

const PERCENTILE = 0.95;
/** A chain with fewer requests tells nothing about its p95. */
const FEWEST_REQUESTS = 20;

/** Requests/s of all chains between two scrapes. */
export function requestRate(older: Scrape, newer: Scrape): number {
  const requests = newer.chains.reduce(
    (sum, chain, i) => sum + chain.requests - older.chains[i]!.requests,
    0,
  );
  return requests / (newer.atSeconds - older.atSeconds);
}

/** p95 over SLO of the worst chain between two scrapes; endless when so many failed; undefined when there is none to tell. */
export function worstLatencyRatio(
  chains: readonly KnownChain[],
  older: Scrape,
  newer: Scrape,
): number | undefined {
  let worst: number | undefined;
  for (const [i, { sloSeconds }] of chains.entries()) {
    const [before, after] = [older.chains[i]!, newer.chains[i]!];
    const requests = after.requests - before.requests;
    if (requests < FEWEST_REQUESTS) continue;
    const answered = 1 - (after.failedRequests - before.failedRequests) / requests;
    const latency =
      answered < PERCENTILE
        ? Infinity
        : quantileBetween(before.latency, after.latency, PERCENTILE / answered);
    if (latency !== undefined) worst = Math.max(worst ?? 0, latency / sloSeconds);
  }
  return worst;
}
