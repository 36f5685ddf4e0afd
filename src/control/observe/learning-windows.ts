import { type CapacityInForce, type Topology, visitsByService } from '../../models/data-models.ts';
import type {
  ChainWindow,
  PairWindow,
  SeriesMetrics,
  ServiceWindow,
  TrafficMetrics,
} from '../../models/metrics.ts';
import type { CapacityBook } from '../books/capacity-book.ts';
import type { UsageBook } from '../books/usage-book.ts';
import { type ChainTraffic, trafficByChain } from './chain-traffic.ts';

export interface LearningContext {
  readonly topology: Topology;
  readonly capacities: CapacityBook;
  readonly usage: UsageBook;
}

/** What one stretch of time teaches about services and chains: the windows that profiles are fitted to. */
export interface LearningWindows {
  readonly services: readonly ServiceWindow[];
  readonly chains: readonly ChainWindow[];
}

/** Joins traffic, capacity and use. A service whose capacity changed in between gives no window. */
export function learningWindows(metrics: TrafficMetrics, context: LearningContext): LearningWindows {
  const byService = new Map<string, SeriesMetrics[]>();
  for (const series of metrics.services) {
    const of = byService.get(series.service ?? '') ?? [];
    of.push(series);
    byService.set(series.service ?? '', of);
  }
  return {
    services: [...byService].flatMap(([service, series]) => serviceWindow(service, series, metrics, context)),
    chains: [...trafficByChain(metrics, context.topology).values()].flatMap((chain) =>
      chainWindow(chain, metrics),
    ),
  };
}

function serviceWindow(
  service: string,
  series: readonly SeriesMetrics[],
  { fromSeconds, toSeconds }: TrafficMetrics,
  { topology, capacities, usage }: LearningContext,
): ServiceWindow[] {
  const capacity = capacities.throughout(service, fromSeconds, toSeconds);
  const lengthSeconds = toSeconds - fromSeconds;
  const pairs = series.flatMap((one) => pairWindow(one, topology, lengthSeconds));
  if (capacity === undefined || pairs.length === 0) return [];
  const cpuUsedCores = usage.meanCpu(service, fromSeconds, toSeconds) ?? cpuOfRecords(series, lengthSeconds);
  const throttledRatio = usage.meanThrottled(service, fromSeconds, toSeconds);
  return [
    {
      service,
      startSeconds: fromSeconds,
      lengthSeconds,
      capacity: enforced(capacity),
      pairs,
      ...(cpuUsedCores !== undefined && { cpuUsedCores }),
      ...(throttledRatio !== undefined && { throttledRatio }),
    },
  ];
}

/** What CFS lets an instance use: a latency was measured with that, whatever is requested (DESIGN section 3). */
function enforced(capacity: CapacityInForce): CapacityInForce {
  return { ...capacity, cpu: capacity.cpuLimit ?? capacity.cpu };
}

/**
 * The rate is over the whole window, also where the series began within it: a batch of records in its last second is no
 * load of hundreds a second that was served. A chain of which every request failed has no latency (NaN), and is load
 * all the same.
 */
function pairWindow(series: SeriesMetrics, topology: Topology, lengthSeconds: number): PairWindow[] {
  const chain = topology.chains.get(series.chain);
  if (chain === undefined || series.requests === 0) return [];
  const isAnswered = series.latency.count > 0;
  return [
    {
      chain: series.chain,
      ratePerSecond: series.requests / lengthSeconds,
      requests: series.requests,
      errorRatio: series.errorRatio,
      percentileSeconds: isAnswered ? series.latency.quantile(chain.slo.percentile) : Number.NaN,
      meanSeconds: isAnswered ? series.latency.meanSeconds : Number.NaN,
    },
  ];
}

/** CPU use of the service as its records told it, cores; undefined unless every chain's records did. */
function cpuOfRecords(series: readonly SeriesMetrics[], lengthSeconds: number): number | undefined {
  let cores = 0;
  for (const one of series) {
    if (one.cpuSecondsPerRequest === undefined) return undefined;
    cores += (one.requests / lengthSeconds) * one.cpuSecondsPerRequest;
  }
  return cores;
}

function chainWindow(traffic: ChainTraffic, { fromSeconds, toSeconds }: TrafficMetrics): ChainWindow[] {
  const { spec, endToEnd, services } = traffic;
  if (endToEnd === undefined || endToEnd.latency.count === 0) return [];
  const known = [...visitsByService(spec).keys()].flatMap((service) => {
    const latency = services.get(service)?.latency;
    return latency === undefined || latency.count === 0
      ? []
      : [[service, latency.quantile(spec.slo.percentile)] as const];
  });
  return [
    {
      chain: spec.id,
      startSeconds: fromSeconds,
      lengthSeconds: toSeconds - fromSeconds,
      requests: endToEnd.requests,
      errorRatio: endToEnd.errorRatio,
      percentileSeconds: endToEnd.latency.quantile(spec.slo.percentile),
      serviceSeconds: new Map(known),
    },
  ];
}
