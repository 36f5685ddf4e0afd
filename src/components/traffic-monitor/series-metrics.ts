import type { SeriesMetrics, TrafficMetrics } from '../../models/metrics.ts';
import { noTotals, type Totals } from './counter-ring.ts';
import type { HistogramBuilder } from './latency-histogram.ts';
import type { MetricsWindow } from './metrics-window.ts';
import type { Series } from './series.ts';
import type { TimeGrid } from './time-grid.ts';

/** Metrics of all series that had a request in the window. Rates are arrivals over `coveredSeconds`. */
export function metricsOf(
  all: Iterable<Series>,
  window: MetricsWindow,
  coveredSeconds: number,
  grid: TimeGrid,
  builder: HistogramBuilder,
): Pick<TrafficMetrics, 'services' | 'endToEnd'> {
  const services: SeriesMetrics[] = [];
  const endToEnd: SeriesMetrics[] = [];
  for (const series of all) {
    if (series.lastSeconds < window.fromSeconds || series.firstSeconds > window.toSeconds) continue;
    const totals = totalsOf(series, window);
    if (totals.requests === 0) continue;
    const metrics = seriesMetrics(series, totals, window, coveredSeconds, grid, builder);
    if (series.service === undefined) endToEnd.push(metrics);
    else services.push(metrics);
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
  window: MetricsWindow,
  coveredSeconds: number,
  grid: TimeGrid,
  builder: HistogramBuilder,
): SeriesMetrics {
  addSketches(series, window, grid, builder);
  return {
    ...(series.service === undefined ? {} : { service: series.service }),
    chain: series.chain,
    requests: totals.requests,
    ratePerSecond: totals.requests / coveredSeconds,
    errorRatio: totals.errors / totals.requests,
    latency: builder.build(totals.requests - totals.errors, totals.latencySum),
    ...(totals.cpuRequests > 0 ? { cpuSecondsPerRequest: totals.cpuSum / totals.cpuRequests } : {}),
  };
}

/** Sketch slots are wider than the fine slots that count: at the window's ends they reach a little beyond it. */
function addSketches(series: Series, window: MetricsWindow, grid: TimeGrid, builder: HistogramBuilder): void {
  series.settle();
  for (let slot = window.coarseFrom; slot < window.coarseTo; slot++) {
    series.coarseSketches.addTo(builder.counts, slot);
  }
  addFineSketches(series, window.headFrom, window.headTo, grid, builder);
  addFineSketches(series, window.tailFrom, window.tailTo, grid, builder);
}

function addFineSketches(
  series: Series,
  fineFrom: number,
  fineTo: number,
  grid: TimeGrid,
  builder: HistogramBuilder,
): void {
  if (fineFrom >= fineTo) return;
  const last = grid.sketchOf(fineTo - 1);
  for (let slot = grid.sketchOf(fineFrom); slot <= last; slot++) {
    series.fineSketches.addTo(builder.counts, slot);
  }
}
