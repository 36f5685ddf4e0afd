import type { SeriesMetrics, TrafficMetrics } from '../../models/metrics.ts';
import { noTotals, type Totals } from './counter-ring.ts';
import type { MetricsWindow } from './metrics-window.ts';
import type { Series } from './series.ts';
import { WindowLatency, type WindowSource } from './window-latency.ts';

/**
 * Metrics of all series that had a request in the window. Rates are arrivals over `coveredSeconds(t)`, the part of the
 * window that was watched since t, the first record of the chain.
 */
export function metricsOf(
  chains: Iterable<readonly Series[]>,
  source: WindowSource,
  coveredSeconds: (sinceSeconds: number) => number,
): Pick<TrafficMetrics, 'services' | 'endToEnd'> {
  const services: SeriesMetrics[] = [];
  const endToEnd: SeriesMetrics[] = [];
  const { window } = source;
  for (const ofChain of chains) {
    const covered = coveredSeconds(Math.min(...ofChain.map((series) => series.firstSeconds)));
    for (const series of ofChain) {
      if (series.lastSeconds < window.fromSeconds || series.firstSeconds > window.toSeconds) continue;
      const totals = totalsOf(series, window);
      if (totals.requests === 0) continue;
      const metrics = seriesMetrics(series, totals, covered, source);
      if (series.service === undefined) endToEnd.push(metrics);
      else services.push(metrics);
    }
  }
  return { services, endToEnd };
}

function totalsOf(series: Series, window: MetricsWindow): Totals {
  const totals = noTotals();
  for (let slot = window.coarseFrom; slot < window.coarseTo; slot++) series.coarse.addTo(totals, slot);
  for (let slot = window.headFrom; slot < window.headTo; slot++) series.fine.addTo(totals, slot);
  for (let slot = window.tailFrom; slot < window.tailTo; slot++) series.fine.addTo(totals, slot);
  return totals;
}

function seriesMetrics(
  series: Series,
  totals: Totals,
  coveredSeconds: number,
  source: WindowSource,
): SeriesMetrics {
  const metrics = {
    chain: series.chain,
    requests: totals.requests,
    ratePerSecond: totals.requests / coveredSeconds,
    errorRatio: totals.errors / totals.requests,
    latency: new WindowLatency(totals.requests - totals.errors, totals.latencySum, series, source),
    ...(totals.cpuRequests > 0 && { cpuSecondsPerRequest: totals.cpuSum / totals.cpuRequests }),
  };
  return series.service === undefined ? metrics : { service: series.service, ...metrics };
}
