import { countBetween, quantileBetween } from '../../../simulator/latency-histogram.ts';
import type { Scrape } from '../../policy.ts';

const PERCENTILE = 0.95;

/** Visits/s of one chain at a service between two scrapes. */
export function visitRate(older: Scrape, newer: Scrape, service: number, chain: number): number {
  const visits = newer.services[service]!.visits[chain]! - older.services[service]!.visits[chain]!;
  return visits / (newer.atSeconds - older.atSeconds);
}

/** p95 of the time in a service, over the visits of all chains, s. */
export function selfLatencySeconds(older: Scrape, newer: Scrape, service: number): number | undefined {
  const [before, after] = [older.services[service]!.selfLatency, newer.services[service]!.selfLatency];
  return quantileBetween(summed(before), summed(after), PERCENTILE);
}

/** Whether a chain's p95 between two scrapes is above that part of its SLO. */
export function isNearSlo(older: Scrape, newer: Scrape, chain: number, boundSeconds: number): boolean {
  const [before, after] = [older.chains[chain]!, newer.chains[chain]!];
  if (countBetween(before.latency, after.latency) === 0) return false;
  return quantileBetween(before.latency, after.latency, PERCENTILE)! > boundSeconds;
}

/** Cores that a service used between two scrapes. */
export function usedCores(older: Scrape, newer: Scrape, service: number): number {
  const used = newer.services[service]!.cpuSeconds - older.services[service]!.cpuSeconds;
  return used / (newer.atSeconds - older.atSeconds);
}

function summed(histograms: readonly Uint32Array[]): Uint32Array {
  const sum = new Uint32Array(histograms[0]!.length);
  for (const histogram of histograms) for (let i = 0; i < sum.length; i++) sum[i]! += histogram[i]!;
  return sum;
}
