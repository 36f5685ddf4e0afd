import type { SeriesMetrics, TrafficMetrics } from '../../models/metrics.ts';
import { noTotals, type Totals } from './counter-ring.ts';
import type { MetricsWindow } from './metrics-window.ts';
import type { Series } from './series.ts';
import { WindowLatency, type WindowSource } from './window-latency.ts';

/** What is read of a series. */
export interface SeriesWindow {
  readonly window: MetricsWindow;
  /** The part of it that was asked for: below 1 where only wider slots know. */
  readonly share: number;
}

/** What a window means for each series of it. */
export interface WindowReading {
  /** Undefined leaves the series out. */
  windowOf(series: Series): SeriesWindow | undefined;
  /** The part of a window that was watched since then, s. */
  coveredSeconds(window: MetricsWindow, sinceSeconds: number): number;
}

/**
 * Metrics of all series that had a request in the window. Rates are arrivals over the part of it that was watched since
 * the first record of the chain.
 */
export function metricsOf(
  chains: Iterable<readonly Series[]>,
  reading: WindowReading,
  source: Omit<WindowSource, 'window'>,
): Pick<TrafficMetrics, 'services' | 'endToEnd'> {
  const services: SeriesMetrics[] = [];
  const endToEnd: SeriesMetrics[] = [];
  for (const ofChain of chains) {
    const since = Math.min(...ofChain.map((series) => series.firstSeconds));
    for (const series of ofChain) {
      const read = reading.windowOf(series);
      if (read === undefined) continue;
      const { window, share } = read;
      if (series.lastSeconds < window.fromSeconds || series.firstSeconds > window.toSeconds) continue;
      const totals = totalsOf(series, window, share);
      if (totals.requests === 0) continue;
      const covered = reading.coveredSeconds(window, since) * share;
      const metrics = seriesMetrics(series, totals, covered, { ...source, window });
      if (series.service === undefined) endToEnd.push(metrics);
      else services.push(metrics);
    }
  }
  return { services, endToEnd };
}

function totalsOf(series: Series, window: MetricsWindow, share: number): Totals {
  const totals = noTotals();
  for (let slot = window.coarseFrom; slot < window.coarseTo; slot++) series.coarse.addTo(totals, slot, share);
  for (let slot = window.headFrom; slot < window.headTo; slot++) series.fine.addTo(totals, slot, share);
  for (let slot = window.tailFrom; slot < window.tailTo; slot++) series.fine.addTo(totals, slot, share);
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
