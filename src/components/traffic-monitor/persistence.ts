import type { SeriesWindowRow } from '../../models/metrics.ts';
import { noTotals } from './counter-ring.ts';
import type { HistogramBuilder } from './latency-histogram.ts';
import { decodeSlot, encodeSlot, type SlotContent } from './row-codec.ts';
import type { Series } from './series.ts';
import type { SeriesRegistry } from './series-registry.ts';
import type { TimeGrid } from './time-grid.ts';

/** The rows of a series that changed since the last call. */
export function* changedRows(
  series: Series,
  grid: TimeGrid,
  watchedSince: number,
  builder: HistogramBuilder,
): Iterable<SeriesWindowRow> {
  for (const slot of series.takeChanged()) {
    series.coarseSketches.addTo(builder, slot);
    yield {
      service: series.service ?? '',
      chain: series.chain,
      startSeconds: slot * grid.coarseSeconds,
      payload: encodeSlot(slotContent(series, slot, grid, watchedSince), builder.added()),
    };
    builder.clear();
  }
}

function slotContent(series: Series, slot: number, grid: TimeGrid, watchedSince: number): SlotContent {
  const totals = noTotals();
  series.coarse.addTo(totals, slot);
  return {
    widthSeconds: grid.coarseSeconds,
    firstSeconds: series.firstSeconds,
    lastSeconds: Math.min(series.lastSeconds, (slot + 1) * grid.coarseSeconds),
    watchedSince,
    toldSeconds: series.toldIn(slot),
    totals,
  };
}

export interface RestoredRow {
  readonly slot: number;
  readonly firstSeconds: number;
  readonly lastSeconds: number;
  readonly watchedSince: number;
  /** Whether a source told of it. */
  readonly wasTold: boolean;
}

/**
 * Puts a row in the place of what its slot holds. Undefined when it cannot be read, fits no slot that is kept, or
 * belongs to a series that may not exist; otherwise the slot, the first and the newest record of its
 * series up to the end of the slot, and since when the writer had been watching.
 */
export function restoreRow(
  row: SeriesWindowRow,
  registry: SeriesRegistry,
  grid: TimeGrid,
  oldestSlot: number,
  nowSeconds: number,
): RestoredRow | undefined {
  const content = decodeSlot(row.payload);
  const slot = Math.round(row.startSeconds / grid.coarseSeconds);
  const startSeconds = slot * grid.coarseSeconds;
  if (content === undefined || !isSound(content)) return undefined;
  if (!isSame(content.widthSeconds, grid.coarseSeconds) || !isSame(startSeconds, row.startSeconds)) {
    return undefined;
  }
  if (slot < oldestSlot || startSeconds > nowSeconds) return undefined;
  const series = findOrAdmit(registry, row);
  if (series === undefined) return undefined;
  const firstSeconds = Math.min(content.firstSeconds, nowSeconds);
  series.replaceCoarse(slot, content.totals, content.buckets, content.toldSeconds);
  const lastSeconds = Math.min(content.lastSeconds, nowSeconds);
  series.widen(firstSeconds, lastSeconds);
  series.fineSinceSeconds = series.lastSeconds;
  return {
    slot,
    firstSeconds,
    lastSeconds,
    watchedSince: content.watchedSince,
    wasTold: content.toldSeconds > 0,
  };
}

function findOrAdmit(registry: SeriesRegistry, row: SeriesWindowRow): Series | undefined {
  const service = row.service === '' ? undefined : row.service;
  const series = registry.find(service, row.chain) ?? registry.admit(service, row.chain);
  return typeof series === 'string' ? undefined : series;
}

function isSound(content: SlotContent): boolean {
  const { requests, errors, latencySum, cpuSum, cpuRequests } = content.totals;
  const figures = [
    content.firstSeconds,
    content.lastSeconds,
    content.watchedSince,
    requests,
    errors,
    latencySum,
    cpuSum,
    cpuRequests,
  ];
  return (
    figures.every((figure) => Number.isFinite(figure) && figure >= 0) &&
    (requests > 0 || content.toldSeconds > 0) &&
    errors <= requests &&
    cpuRequests <= requests
  );
}

function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-6;
}
