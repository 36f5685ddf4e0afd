import type { ChainSpec, Stage, Topology, Visit } from '../../models/data-models.ts';
import type { LatencyDistribution, SeriesMetrics, TrafficMetrics } from '../../models/metrics.ts';

/**
 * Own times out of total ones (`monitoring.latency_scope: total`): response times that contain the wait for the
 * services called become the time spent in each service alone, and the first service's total becomes the
 * end-to-end sample where there is none. The stages are taken as the nesting of calls: a service calls what stands
 * next in its branch, and the last service of a stage of one branch calls the stages that follow up to the next
 * such stage. A service's own mean is its total mean minus its children's; its distribution is scaled to that mean,
 * since a difference of distributions is not to be had from their quantiles.
 */
export function ownTimes(metrics: TrafficMetrics, topology: Topology): TrafficMetrics {
  const byKey = new Map(metrics.services.map((series) => [key(series.service ?? '', series.chain), series]));
  const services = metrics.services.map((series) => {
    const chain = topology.chains.get(series.chain);
    return chain === undefined ? series : ownSeries(series, chain, byKey);
  });
  const sampled = new Set(metrics.endToEnd.map((series) => series.chain));
  const fromFirst = [...topology.chains.values()]
    .filter((chain) => !sampled.has(chain.id))
    .flatMap((chain) => firstServiceTotal(chain, byKey));
  return { ...metrics, services, endToEnd: [...metrics.endToEnd, ...fromFirst] };
}

type SeriesByKey = ReadonlyMap<string, SeriesMetrics>;

function ownSeries(series: SeriesMetrics, chain: ChainSpec, byKey: SeriesByKey): SeriesMetrics {
  const total = series.latency.meanSeconds;
  const waiting = (callsOf(chain).get(series.service ?? '') ?? []).reduce((sum, stage) => {
    const slowest = Math.max(
      0,
      ...stage.map(
        (call) => call.perVisit * (byKey.get(key(call.service, chain.id))?.latency.meanSeconds ?? 0),
      ),
    );
    return sum + slowest;
  }, 0);
  if (!(waiting > 0) || !(total > 0)) return series;
  return { ...series, latency: scaled(series.latency, Math.max(0, total - waiting) / total) };
}

function firstServiceTotal(chain: ChainSpec, byKey: SeriesByKey): SeriesMetrics[] {
  const first = chain.stages[0]?.length === 1 ? chain.stages[0][0]?.[0] : undefined;
  const series = first && byKey.get(key(first.service, chain.id));
  if (series === undefined || first?.visits !== 1) return [];
  const { service: _, ...endToEnd } = series;
  return [endToEnd];
}

interface Call {
  readonly service: string;
  /** Calls for each visit of the caller. */
  readonly perVisit: number;
}

/** What each service calls: groups one after another, the calls of a group in parallel. */
function callsOf(chain: ChainSpec): Map<string, Call[][]> {
  const calls = new Map<string, Call[][]>();
  let caller: Visit | undefined;
  for (const stage of chain.stages) {
    const heads = stage.flatMap((branch) => branch.slice(0, 1)).filter(({ again }) => again !== true);
    if (caller !== undefined) addCalls(calls, caller, heads);
    addCallsInside(calls, stage);
    if (stage.length === 1) caller = stage[0]?.at(-1) ?? caller;
  }
  return calls;
}

/** Ways that part after a visit which they have in common are calls of it in parallel. */
function addCallsInside(calls: Map<string, Call[][]>, stage: Stage): void {
  const groups = new Map<string, Call[]>();
  for (const branch of stage) {
    for (let at = 1; at < branch.length; at++) {
      const [caller, visit] = [branch[at - 1]!, branch[at]!];
      if (visit.again === true) continue;
      const way = branch.slice(0, at).map(({ service }) => service);
      const group = caller.again === true ? groups.get(way.join('\n')) : undefined;
      if (group !== undefined) group.push(callOf(caller, visit));
      else groups.set(way.join('\n'), addCalls(calls, caller, [visit]));
    }
  }
}

function addCalls(calls: Map<string, Call[][]>, caller: Visit, visits: readonly Visit[]): Call[] {
  const group = visits.map((visit) => callOf(caller, visit));
  calls.set(caller.service, [...(calls.get(caller.service) ?? []), group]);
  return group;
}

function callOf(caller: Visit, { service, visits }: Visit): Call {
  return { service, perVisit: visits / caller.visits };
}

function scaled(latency: LatencyDistribution, factor: number): LatencyDistribution {
  return {
    count: latency.count,
    meanSeconds: latency.meanSeconds * factor,
    relativeError: latency.relativeError,
    quantile: (q) => latency.quantile(q) * factor,
    fractionAbove: (seconds) => (factor === 0 ? 0 : latency.fractionAbove(seconds / factor)),
  };
}

function key(service: string, chain: string): string {
  return `${service}\n${chain}`;
}
