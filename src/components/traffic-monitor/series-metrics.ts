import type { SeriesMetrics, TrafficMetrics } from '../../models/metrics.ts';
import type { SeriesChoice } from '../../models/ports.ts';
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

/** The same reading of the series that are wanted alone. */
export function chosen(reading: WindowReading, isWanted: SeriesChoice | undefined): WindowReading {
  if (isWanted === undefined) return reading;
  const windowOf: WindowReading['windowOf'] = (series) =>
    isWanted(series.service, series.chain) ? reading.windowOf(series) : undefined;
  return { ...reading, windowOf };
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
  const totals = noTotals();
  let latest: WindowSource | undefined;
  for (const ofChain of chains) {
    const since = firstSecondsOf(ofChain);
    for (const series of ofChain) {
      const read = reading.windowOf(series);
      if (read === undefined) continue;
      const { window, share } = read;
      if (series.lastSeconds < window.fromSeconds || series.firstSeconds > window.toSeconds) continue;
      sum(totals, series, window, share);
      if (totals.requests === 0) continue;
      const covered = reading.coveredSeconds(window, since) * share;
      // Most series share one window.
      if (latest?.window !== window) latest = { ...source, window };
      const metrics = seriesMetrics(series, totals, covered, latest);
      if (series.service === undefined) endToEnd.push(metrics);
      else services.push(metrics);
    }
  }
  return { services, endToEnd };
}

function firstSecondsOf(ofChain: readonly Series[]): number {
  let first = Number.POSITIVE_INFINITY;
  for (const { firstSeconds } of ofChain) if (firstSeconds < first) first = firstSeconds;
  return first;
}

/** Puts the sums over the window into `totals`. */
function sum(totals: Totals, series: Series, window: MetricsWindow, share: number): void {
  totals.requests = totals.errors = totals.latencySum = totals.cpuSum = totals.cpuRequests = 0;
  series.coarse.addAllTo(totals, window.coarseFrom, window.coarseTo, share);
  series.fine.addAllTo(totals, window.headFrom, window.headTo, share);
  series.fine.addAllTo(totals, window.tailFrom, window.tailTo, share);
}

/** The two kinds are written out: copying one from the other costs more than all sums. */
function seriesMetrics(
  series: Series,
  totals: Totals,
  coveredSeconds: number,
  source: WindowSource,
): SeriesMetrics {
  const { service, chain } = series;
  const { requests, errors, latencySum } = totals;
  const ratePerSecond = requests / coveredSeconds;
  const errorRatio = errors / requests;
  const latency = new WindowLatency(requests - errors, latencySum, series, source);
  const metrics: SeriesMetrics =
    service === undefined
      ? { chain, requests, ratePerSecond, errorRatio, latency }
      : { service, chain, requests, ratePerSecond, errorRatio, latency };
  return totals.cpuRequests > 0
    ? { ...metrics, cpuSecondsPerRequest: totals.cpuSum / totals.cpuRequests }
    : metrics;
}
