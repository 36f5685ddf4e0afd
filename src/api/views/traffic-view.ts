/** Measured traffic of a series, and the rate of a chain, from one reading of the monitor. */
import { type Static, Type } from 'typebox';
import { type ChainSpec, visitsByService } from '../../models/data-models.ts';
import type { SeriesMetrics, TrafficMetrics } from '../../models/metrics.ts';
import type { Settings } from '../../models/settings.ts';
import { ProblemError } from '../problems.ts';
import { Figure, figure } from '../schemas.ts';

export const DEFAULT_WINDOW_SECONDS = 300;

export const WindowQuery = Type.Object(
  {
    window: Type.Number({
      exclusiveMinimum: 0,
      default: DEFAULT_WINDOW_SECONDS,
      description: 'Seconds back from now, at most monitoring.window_size.',
    }),
  },
  { additionalProperties: false },
);

export const Quantiles = Type.Object({ p50: Figure, p90: Figure, p95: Figure, p99: Figure });

export const Traffic = Type.Object({
  requests: Type.Integer(),
  rate: Type.Number({ description: 'Requests/s.' }),
  error_ratio: Type.Number(),
  latency_mean: Figure,
  latency: Quantiles,
  cpu_seconds: Figure,
});
export type Traffic = Static<typeof Traffic>;

/** The window to read, s; a window larger than what is kept is refused. */
export function windowOf(query: Static<typeof WindowQuery>, settings: Settings): number {
  const { windowSize } = settings.monitoring;
  if (query.window <= windowSize || query.window === DEFAULT_WINDOW_SECONDS) return query.window;
  throw ProblemError.ofFaults('invalid-request', [
    {
      where: 'window',
      found: String(query.window),
      allowed: `at most ${windowSize} s (monitoring.window_size)`,
    },
  ]);
}

export function trafficView(series: SeriesMetrics): Traffic {
  const { latency } = series;
  const at = (q: number) => figure(latency.quantile(q));
  return {
    requests: series.requests,
    rate: series.ratePerSecond,
    error_ratio: series.errorRatio,
    latency_mean: latency.count === 0 ? null : figure(latency.meanSeconds),
    latency: { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99) },
    cpu_seconds: figure(series.cpuSecondsPerRequest),
  };
}

export interface ChainRate {
  /** Requests of the chain per second. */
  readonly rate: number;
  readonly errorRatio: number;
}

/**
 * Rates of the chains: measured at the first stage that has records (the most that one of its services saw, its visits
 * divided out), else at the end-to-end samples. A chain without either is absent.
 */
export function chainRates(
  metrics: TrafficMetrics,
  chains: ReadonlyMap<string, ChainSpec>,
): ReadonlyMap<string, ChainRate> {
  const byChain = new Map<string, SeriesMetrics[]>();
  for (const series of metrics.services) {
    const list = byChain.get(series.chain);
    if (list === undefined) byChain.set(series.chain, [series]);
    else list.push(series);
  }
  const endToEnd = new Map(metrics.endToEnd.map((series) => [series.chain, series]));
  const rates = new Map<string, ChainRate>();
  for (const chain of chains.values()) {
    const rate = stageRate(chain, byChain.get(chain.id) ?? []) ?? plainRate(endToEnd.get(chain.id));
    if (rate !== undefined) rates.set(chain.id, rate);
  }
  return rates;
}

function stageRate(chain: ChainSpec, seen: readonly SeriesMetrics[]): ChainRate | undefined {
  if (seen.length === 0) return undefined;
  const visits = visitsByService(chain);
  for (const stage of chain.stages) {
    const names = new Set(stage.flat().map((visit) => visit.service));
    const rates = seen
      .filter((series) => names.has(series.service ?? ''))
      .map((series) => ({
        rate: series.ratePerSecond / (visits.get(series.service ?? '') ?? 1),
        errorRatio: series.errorRatio,
      }));
    if (rates.length > 0) return rates.reduce((most, rate) => (rate.rate > most.rate ? rate : most));
  }
  return undefined;
}

function plainRate(series: SeriesMetrics | undefined): ChainRate | undefined {
  return series === undefined ? undefined : { rate: series.ratePerSecond, errorRatio: series.errorRatio };
}
