import { inPlaceParts } from '../../models/in-place.ts';
import type { TrafficMetrics } from '../../models/metrics.ts';
import { chainRates, JUMP_SECONDS, recentLoad, usualRate } from './chain-load.ts';
import { type ChainTraffic, chainRate, latencyAt, trafficByChain } from './chain-traffic.ts';
import {
  hasSettled,
  judgedSince,
  LAST_MINUTE_SECONDS,
  type MeasuredTraffic,
  measuredTraffic,
  RECENT_SECONDS,
  SETTLING_SECONDS,
  violation,
} from './chain-violation.ts';
import { sourceDelay } from './lateness.ts';
import { silentServices, unlistedChains } from './missing-parts.ts';
import { type ObserveSources, readMetrics } from './read-metrics.ts';

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
  /**
   * What the last 30 s say, once they tell of the capacity in force alone, undefined before; of chains whose services are
   * all resized in place what the last 15 s say.
   */
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

export interface Observation {
  readonly atSeconds: number;
  readonly firstRecordSeconds: number | undefined;
  readonly chains: ReadonlyMap<string, ChainObservation>;
  /** Services that carry a chain which they are not configured for, and which. */
  readonly unlisted: ReadonlyMap<string, string>;
  /** Share of failed requests of each service in the last 300 s. */
  readonly errorRatios: ReadonlyMap<string, number>;
}

/** Reads all that a pass decides on, at one moment. */
export function observe(sources: ObserveSources, atSeconds: number): Observation {
  const trafficSince = remembered((sinceSeconds: number) => {
    const metrics = readMetrics(sources, atSeconds - sinceSeconds, atSeconds);
    return { metrics, byChain: trafficByChain(metrics, sources.settings.topology) };
  });
  const latest = lastSeconds(sources, atSeconds);
  const jumps = chainRates(sources, JUMP_SECONDS, atSeconds);
  const usualRates = chainRates(sources, sources.settings.monitoring.windowSize, atSeconds);
  const recent = trafficSince(atSeconds - RECENT_SECONDS);
  const inPlace = inPlaceParts(sources.settings.topology).chains;
  const latestOf = (id: string): MeasuredTraffic | undefined => {
    if (inPlace.has(id)) return measuredTraffic(latest?.get(id));
    if (!hasSettled(sources, recent.byChain.get(id)!.spec, atSeconds)) return undefined;
    return measuredTraffic(trafficSince(atSeconds - SETTLING_SECONDS).byChain.get(id));
  };
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
        latest: latestOf(id),
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

/**
 * In place a capacity changes every few seconds and by little: there the last seconds are always judged, those of a source as
 * late as it tells them. Undefined where nothing is resized in place.
 */
function lastSeconds(
  sources: ObserveSources,
  atSeconds: number,
): ReadonlyMap<string, ChainTraffic> | undefined {
  const { topology } = sources.settings;
  if (inPlaceParts(topology).chains.size === 0) return undefined;
  const until = atSeconds - sourceDelay(sources.settings);
  return trafficByChain(readMetrics(sources, JUMP_SECONDS, until), topology);
}

/** The same function, worked out once for each key. */
export function remembered<Key, Value>(compute: (key: Key) => Value): (key: Key) => Value {
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
