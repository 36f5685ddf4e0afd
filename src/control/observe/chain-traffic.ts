import { type ChainSpec, type Topology, visitsByService } from '../../models/data-models.ts';
import type { SeriesMetrics, TrafficMetrics } from '../../models/metrics.ts';
import { composedLatency, composedViolationRatio, type LatencyOf } from './composed-latency.ts';

/** What a stretch of time says about one chain: its samples end to end and those at each of its services. */
export interface ChainTraffic {
  readonly spec: ChainSpec;
  /** Length of the stretch, s. */
  readonly seconds: number;
  readonly endToEnd?: SeriesMetrics;
  readonly services: ReadonlyMap<string, SeriesMetrics>;
}

/** Fewer requests say nothing of a percentile. */
export const LEAST_REQUESTS = 20;

export function trafficByChain(
  metrics: TrafficMetrics,
  topology: Topology,
): ReadonlyMap<string, ChainTraffic> {
  const services = new Map<string, Map<string, SeriesMetrics>>();
  for (const series of metrics.services) {
    const ofChain = services.get(series.chain) ?? new Map<string, SeriesMetrics>();
    ofChain.set(series.service ?? '', series);
    services.set(series.chain, ofChain);
  }
  const seconds = metrics.toSeconds - metrics.fromSeconds;
  const endToEnd = new Map(metrics.endToEnd.map((series) => [series.chain, series]));
  return new Map(
    [...topology.chains].map(([id, spec]) => {
      const samples = endToEnd.get(id);
      return [
        id,
        { spec, seconds, services: services.get(id) ?? new Map(), ...(samples && { endToEnd: samples }) },
      ];
    }),
  );
}

/**
 * Requests of the chain per second of the whole stretch, measured at its first stage with records, else end to end. Also
 * where the chain began within it: a batch of records is no load of hundreds a second.
 */
export function chainRate(traffic: ChainTraffic | undefined): number | undefined {
  if (traffic === undefined) return undefined;
  const visits = visitsByService(traffic.spec);
  for (const [service, perRequest] of visits) {
    const series = traffic.services.get(service);
    if (series !== undefined) return series.requests / perRequest / traffic.seconds;
  }
  return traffic.endToEnd && traffic.endToEnd.requests / traffic.seconds;
}

/** A jump must stand out of Poisson noise by this many standard deviations. */
const JUMP_DEVIATIONS = 4;

/** Whether a rate over some seconds is higher than another one by more than chance. */
export function standsOut(rate: number, than: number, seconds: number): boolean {
  return (rate - than) * seconds > JUMP_DEVIATIONS * Math.sqrt(Math.max(1, than * seconds));
}

/** Where a statement about a chain comes from: end-to-end samples if there are enough, else its services' times. */
export function sourceOf(traffic: ChainTraffic): 'end-to-end' | 'composed' {
  return (traffic.endToEnd?.requests ?? 0) >= LEAST_REQUESTS ? 'end-to-end' : 'composed';
}

/** Latency at a quantile, s; undefined without enough answered requests of every part. */
export function latencyAt(traffic: ChainTraffic, quantile: number): number | undefined {
  if (sourceOf(traffic) === 'composed') return composedLatency(traffic.spec, quantile, latencyOf(traffic));
  return enough(traffic.endToEnd)?.latency.quantile(quantile);
}

export function meanLatency(traffic: ChainTraffic): number | undefined {
  if (sourceOf(traffic) === 'end-to-end') return enough(traffic.endToEnd)?.latency.meanSeconds;
  const meanOf = (service: string) => enough(traffic.services.get(service))?.latency.meanSeconds;
  return composedLatency(traffic.spec, 0.5, meanOf);
}

/** Share of requests that failed, in [0, 1]: by the samples, else by one failure anywhere on the way; undefined for few. */
export function errorRatio(traffic: ChainTraffic): number | undefined {
  if (sourceOf(traffic) === 'end-to-end') return traffic.endToEnd?.errorRatio;
  let answered = 1;
  let requests = 0;
  for (const series of traffic.services.values()) {
    answered *= 1 - series.errorRatio;
    requests = Math.max(requests, series.requests);
  }
  return requests >= LEAST_REQUESTS ? 1 - answered : undefined;
}

/** Share of requests over the SLO or failed; undefined without enough of them. */
export function violationRatio(traffic: ChainTraffic): number | undefined {
  const failed = errorRatio(traffic);
  const slow = slowRatio(traffic);
  // Where too few were answered to tell how slow they were, the failed ones still count.
  if (slow === undefined) return failed !== undefined && failed > 0 ? failed : undefined;
  return failed === undefined ? slow : failed + (1 - failed) * slow;
}

/** Its percentile is over the SLO. */
export function isSlow(traffic: ChainTraffic): boolean {
  const latency = latencyAt(traffic, traffic.spec.slo.percentile);
  return latency !== undefined && latency > traffic.spec.slo.latencySeconds;
}

/** More of its requests failed than the objective allows. */
export function isFailing(traffic: ChainTraffic): boolean {
  const failed = errorRatio(traffic);
  return failed !== undefined && failed > 1 - traffic.spec.slo.objective;
}

/** Whether there is enough to say of either. */
export function isJudged(traffic: ChainTraffic): boolean {
  return violationRatio(traffic) !== undefined;
}

function slowRatio(traffic: ChainTraffic): number | undefined {
  const bound = traffic.spec.slo.latencySeconds;
  if (sourceOf(traffic) === 'end-to-end') return enough(traffic.endToEnd)?.latency.fractionAbove(bound);
  return composedViolationRatio(traffic.spec, bound, latencyOf(traffic));
}

function latencyOf(traffic: ChainTraffic): LatencyOf {
  return (service, percentile) => enough(traffic.services.get(service))?.latency.quantile(percentile);
}

function enough(series: SeriesMetrics | undefined): SeriesMetrics | undefined {
  return series !== undefined && series.latency.count >= LEAST_REQUESTS ? series : undefined;
}
