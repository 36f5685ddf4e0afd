import { type ChainSpec, type Topology, visitsByService } from '../../models/data-models.ts';
import type { TrafficMetrics } from '../../models/metrics.ts';
import type { TrafficReader } from '../../models/ports.ts';
import type { Settings } from '../../models/settings.ts';
import type { CapacityBook } from '../books/capacity-book.ts';
import {
  type ChainTraffic,
  chainRate,
  isFailing,
  isJudged,
  isSlow,
  latencyAt,
  standsOut,
  trafficByChain,
} from './chain-traffic.ts';
import { ownTimes } from './own-times.ts';

/** Load and latency are judged over this long, s. */
const RECENT_SECONDS = 300;
const LAST_MINUTE_SECONDS = 60;

/** A jump of the load within the last minute shows over this long, s. */
const JUMP_SECONDS = 15;

/** After a change of capacity, requests that met the old one are still under way for this long, s. */
const SETTLING_SECONDS = 30;

/** What a pass knows of one chain. */
export interface ChainObservation {
  readonly id: string;
  /** Largest rate of a step within the last 300 s, requests/s; undefined when nothing is known. */
  readonly load: number | undefined;
  /** Latency at the SLO's percentile over the last 300 s, s. */
  readonly observedLatency: number | undefined;
  /** Over its SLO with the capacity that is in force now, because it is slow, or else because requests fail. */
  readonly violating: 'slow' | 'failing' | undefined;
  /** Services of the chain that tell nothing of it while the others do. */
  readonly silentServices: ReadonlySet<string>;
  /** What the last 30 s say, once they tell of the capacity in force alone; undefined before. */
  readonly latest: MeasuredTraffic | undefined;
  /**
   * What the last minute says, and all of the time since the capacity in force settled (60 to 300 s); empty before a
   * minute of it has passed.
   */
  readonly settled: readonly MeasuredTraffic[];
  readonly lastRecordSeconds: number | undefined;
  /** Mean rate over the monitoring window, requests/s; undefined without a record in it. */
  readonly usualRate: number | undefined;
}

export interface MeasuredTraffic {
  /** requests/s that were answered. */
  readonly rate: number;
  /** At the SLO's percentile, s. */
  readonly latency: number;
  /** Latency of all visits to each service at that percentile, s; empty while the chain keeps its SLO. */
  readonly serviceSeconds: ReadonlyMap<string, number>;
}

export interface Observation {
  readonly atSeconds: number;
  readonly firstRecordSeconds: number | undefined;
  readonly chains: ReadonlyMap<string, ChainObservation>;
  /** Services that carry a chain which they are not configured for, and which. */
  readonly unlisted: ReadonlyMap<string, string>;
  /** Share of failed requests of each service in the last 300 s. */
  readonly errorRatios: ReadonlyMap<string, number>;
}

export interface ObserveSources {
  readonly traffic: TrafficReader;
  readonly settings: Settings;
  readonly capacities: CapacityBook;
}

/** Reads all that a pass decides on, at one moment. */
export function observe(sources: ObserveSources, atSeconds: number): Observation {
  const trafficSince = remembered((sinceSeconds: number) => {
    const metrics = readMetrics(sources, atSeconds - sinceSeconds, atSeconds);
    return { metrics, byChain: trafficByChain(metrics, sources.settings.topology) };
  });
  const jumps = chainRates(sources, JUMP_SECONDS, atSeconds);
  const usualRates = chainRates(sources, sources.settings.monitoring.windowSize, atSeconds);
  const recent = trafficSince(atSeconds - RECENT_SECONDS);
  const lately = trafficSince(atSeconds - sources.settings.control.staleAfter).byChain;
  const chains = [...recent.byChain].map(([id, traffic]): [string, ChainObservation] => {
    const since = judgedSince(sources, traffic.spec, atSeconds);
    const lastMinute = trafficSince(atSeconds - LAST_MINUTE_SECONDS).byChain.get(id);
    const sinceChange = since === undefined ? undefined : trafficSince(since).byChain.get(id);
    return [
      id,
      {
        id,
        load: recentLoad(sources, id, atSeconds, chainRate(lastMinute), jumps.get(id)),
        observedLatency: latencyAt(traffic, traffic.spec.slo.percentile),
        violating: violation(lastMinute, sinceChange),
        silentServices: silentServices(lately.get(id)),
        settled:
          sinceChange === undefined
            ? []
            : [lastMinute, sinceChange].flatMap((each) => measuredTraffic(each) ?? []),
        latest: hasSettled(sources, traffic.spec, atSeconds)
          ? measuredTraffic(trafficSince(atSeconds - SETTLING_SECONDS).byChain.get(id))
          : undefined,
        lastRecordSeconds: sources.traffic.lastRecordSeconds(id),
        usualRate: usualRate(sources, id, usualRates.get(id), atSeconds),
      },
    ];
  });
  return {
    atSeconds,
    firstRecordSeconds: sources.traffic.stats.firstRecordSeconds,
    chains: new Map(chains),
    unlisted: unlistedChains(recent.metrics, sources.settings.topology),
    errorRatios: errorRatios(recent.metrics),
  };
}

/** Requests of each chain per second; nothing else of the window is kept. */
function chainRates(
  sources: ObserveSources,
  windowSeconds: number,
  atSeconds: number,
): ReadonlyMap<string, number | undefined> {
  const metrics = readMetrics(sources, windowSeconds, atSeconds);
  const traffic = trafficByChain(metrics, sources.settings.topology);
  return new Map([...traffic].map(([id, ofChain]) => [id, chainRate(ofChain)]));
}

/** Metrics in own times, whichever times the records tell. */
export function readMetrics(
  { traffic, settings }: Pick<ObserveSources, 'traffic' | 'settings'>,
  windowSeconds: number,
  atSeconds: number,
): TrafficMetrics {
  const metrics = traffic.getMetrics(Math.min(windowSeconds, settings.monitoring.windowSize), atSeconds);
  return settings.monitoring.latencyScope === 'total' ? ownTimes(metrics, settings.topology) : metrics;
}

/**
 * Largest rate of the whole steps of the last 300 s, of the last minute, and of a jump that shows within it beyond
 * chance, requests/s.
 */
function recentLoad(
  { traffic, settings }: ObserveSources,
  chain: string,
  atSeconds: number,
  lastMinute = Number.NaN,
  jump = Number.NaN,
): number | undefined {
  const steps = Math.max(1, Math.ceil(RECENT_SECONDS / settings.prediction.step));
  const rates = [...traffic.chainSeries(chain, atSeconds, steps).rates, lastMinute].filter(Number.isFinite);
  if (rates.length === 0) return undefined;
  const usual = Math.max(...rates);
  return standsOut(jump, usual, JUMP_SECONDS) ? jump : usual;
}

/**
 * From when on the chain's latency tells of the capacity that is in force: 300 s back, or since it changed and
 * settled. Undefined while that is less than a minute: right after a change nothing is known, so nothing is claimed.
 */
function judgedSince(sources: ObserveSources, chain: ChainSpec, atSeconds: number): number | undefined {
  const settled = changedSeconds(sources, chain) + SETTLING_SECONDS;
  const since = Math.max(atSeconds - RECENT_SECONDS, settled);
  return atSeconds - since < LAST_MINUTE_SECONDS ? undefined : since;
}

/** Whether the last 30 s lie wholly behind the latest change. */
function hasSettled(sources: ObserveSources, chain: ChainSpec, atSeconds: number): boolean {
  return atSeconds - changedSeconds(sources, chain) >= SETTLING_SECONDS;
}

function changedSeconds({ capacities }: ObserveSources, chain: ChainSpec): number {
  return Math.max(...[...visitsByService(chain).keys()].map((service) => capacities.changedSeconds(service)));
}

function measuredTraffic(traffic: ChainTraffic | undefined): MeasuredTraffic | undefined {
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
function violation(
  lastMinute: ChainTraffic | undefined,
  sinceChange: ChainTraffic | undefined,
): 'slow' | 'failing' | undefined {
  if (sinceChange === undefined) return undefined;
  const both = (is: (traffic: ChainTraffic) => boolean) =>
    is(sinceChange) && (lastMinute === undefined || !isJudged(lastMinute) || is(lastMinute));
  if (both(isSlow)) return 'slow';
  return both(isFailing) ? 'failing' : undefined;
}

/** Expected records of a service below which their absence may be chance (Poisson: under 0.01 %). */
const SILENCE_IN_RECORDS = 10;

function silentServices(traffic: ChainTraffic | undefined): ReadonlySet<string> {
  if (traffic === undefined) return new Set();
  const visits = [...visitsByService(traffic.spec)];
  const requests = Math.max(
    traffic.endToEnd?.requests ?? 0,
    ...visits.map(([service, each]) => (traffic.services.get(service)?.requests ?? 0) / each),
  );
  const silent = visits.filter(
    ([service, each]) => !traffic.services.has(service) && requests * each >= SILENCE_IN_RECORDS,
  );
  return new Set(silent.map(([service]) => service));
}

/** Mean rate over the part of the window in which the chain was heard of: silence must not make itself look usual. */
function usualRate(
  { traffic, settings }: ObserveSources,
  chain: string,
  rate: number | undefined,
  atSeconds: number,
): number | undefined {
  const last = traffic.lastRecordSeconds(chain);
  if (rate === undefined || last === undefined) return undefined;
  const { windowSize } = settings.monitoring;
  const watched = Math.min(
    windowSize,
    atSeconds - (traffic.stats.firstRecordSeconds ?? atSeconds - windowSize),
  );
  const heard = watched - Math.max(0, atSeconds - last);
  return heard > 0 ? (rate * watched) / heard : undefined;
}

/** The first chain that each service carries without being configured for it. */
function unlistedChains(metrics: TrafficMetrics, topology: Topology): ReadonlyMap<string, string> {
  const unlisted = new Map<string, string>();
  for (const { service = '', chain } of metrics.services) {
    const spec = topology.services.get(service);
    if (spec !== undefined && !spec.chains.includes(chain)) unlisted.set(service, chain);
  }
  return unlisted;
}

function remembered<Key, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    const value = known.get(key) ?? compute(key);
    known.set(key, value);
    return value;
  };
}

function errorRatios(metrics: TrafficMetrics): ReadonlyMap<string, number> {
  const counts = new Map<string, { requests: number; failed: number }>();
  for (const { service = '', requests, errorRatio: ratio } of metrics.services) {
    const count = counts.get(service) ?? { requests: 0, failed: 0 };
    counts.set(service, { requests: count.requests + requests, failed: count.failed + ratio * requests });
  }
  return new Map(
    [...counts].map(([service, { requests, failed }]) => [service, failed / Math.max(1, requests)]),
  );
}
