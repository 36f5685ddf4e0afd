import { type ChainSpec, visitsByService } from '../../models/data-models.ts';
import { type ChainTraffic, chainRate, isFailing, isJudged, isSlow, latencyAt } from './chain-traffic.ts';
import type { ObserveSources } from './read-metrics.ts';

/** Latency is judged over this long, s. */
export const RECENT_SECONDS = 300;
export const LAST_MINUTE_SECONDS = 60;

/** After a change of capacity, requests that met the old one are still under way for this long, s. */
export const SETTLING_SECONDS = 30;

export interface MeasuredTraffic {
  /** requests/s that were answered. */
  readonly rate: number;
  /** At the SLO's percentile, s. */
  readonly latency: number;
  /** Latency of all visits to each service at that percentile, s; empty while the chain keeps its SLO. */
  readonly serviceSeconds: ReadonlyMap<string, number>;
}

/**
 * From when on the chain's latency tells of the capacity that is in force: 300 s back, or since it changed and
 * settled. Undefined while that is less than a minute: right after a change nothing is known, so nothing is claimed.
 */
export function judgedSince(
  sources: ObserveSources,
  chain: ChainSpec,
  atSeconds: number,
): number | undefined {
  const settled = changedSeconds(sources, chain) + SETTLING_SECONDS;
  const since = Math.max(atSeconds - RECENT_SECONDS, settled);
  return atSeconds - since < LAST_MINUTE_SECONDS ? undefined : since;
}

/** Whether the last 30 s lie wholly behind the latest change. */
export function hasSettled(sources: ObserveSources, chain: ChainSpec, atSeconds: number): boolean {
  return atSeconds - changedSeconds(sources, chain) >= SETTLING_SECONDS;
}

function changedSeconds({ capacities }: ObserveSources, chain: ChainSpec): number {
  return Math.max(...[...visitsByService(chain).keys()].map((service) => capacities.changedSeconds(service)));
}

export function measuredTraffic(traffic: ChainTraffic | undefined): MeasuredTraffic | undefined {
  if (traffic === undefined) return undefined;
  const { percentile, latencySeconds } = traffic.spec.slo;
  const rate = chainRate(traffic);
  const latency = latencyAt(traffic, percentile);
  if (rate === undefined || latency === undefined) return undefined;
  return { rate, latency, serviceSeconds: latency > latencySeconds ? serviceSeconds(traffic) : new Map() };
}

function serviceSeconds(traffic: ChainTraffic): ReadonlyMap<string, number> {
  const { percentile } = traffic.spec.slo;
  const known = [...visitsByService(traffic.spec)].flatMap(([service, visits]) => {
    const series = traffic.services.get(service);
    return series === undefined || series.latency.count === 0
      ? []
      : [[service, visits * series.latency.quantile(percentile)] as const];
  });
  return new Map(known);
}

/**
 * Both the last minute and all of the time since the change must be over; a minute with too few requests to tell leaves
 * it to the longer time. Slow counts before failing, since only that is helped by capacity.
 */
export function violation(
  lastMinute: ChainTraffic | undefined,
  sinceChange: ChainTraffic | undefined,
): 'slow' | 'failing' | undefined {
  if (sinceChange === undefined) return undefined;
  const both = (is: (traffic: ChainTraffic) => boolean) =>
    is(sinceChange) && (lastMinute === undefined || !isJudged(lastMinute) || is(lastMinute));
  if (both(isSlow)) return 'slow';
  return both(isFailing) ? 'failing' : undefined;
}
