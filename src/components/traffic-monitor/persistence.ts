import type { SeriesWindowRow } from '../../models/metrics.ts';
import { noTotals } from './counter-ring.ts';
import type { HistogramBuilder } from './latency-histogram.ts';
import { decodeSlot, encodeSlot, type SlotContent } from './row-codec.ts';
import type { Series } from './series.ts';
import type { TimeGrid } from './time-grid.ts';

/** The rows of a series that changed since the last call. */
export function* changedRows(
  series: Series,
  grid: TimeGrid,
  builder: HistogramBuilder,
): Iterable<SeriesWindowRow> {
  for (const slot of series.takeChanged()) {
    yield {
      service: series.service ?? '',
      chain: series.chain,
      startSeconds: slot * grid.coarseSeconds,
      payload: encodeSlot(slotContent(series, slot, grid, builder)),
    };
  }
}

function slotContent(series: Series, slot: number, grid: TimeGrid, builder: HistogramBuilder): SlotContent {
  const startSeconds = slot * grid.coarseSeconds;
  const totals = noTotals();
  series.coarse.addTo(totals, slot);
  series.coarseSketches.addTo(builder.counts, slot);
  return {
    widthSeconds: grid.coarseSeconds,
    firstSeconds: Math.max(series.firstSeconds, startSeconds),
    lastSeconds: Math.min(series.lastSeconds, startSeconds + grid.coarseSeconds),
    totals,
    buckets: builder.takeBuckets(),
  };
}

/** What a row says about which slot, when it fits the grid and makes sense; otherwise undefined. */
export function readRow(
  row: SeriesWindowRow,
  grid: TimeGrid,
): { slot: number; content: SlotContent } | undefined {
  const content = decodeSlot(row.payload);
  if (content === undefined || !isSound(content)) return undefined;
  const slot = row.startSeconds / grid.coarseSeconds;
  const fits =
    Math.abs(content.widthSeconds - grid.coarseSeconds) < 1e-9 && Math.abs(slot - Math.round(slot)) < 1e-6;
  return fits ? { slot: Math.round(slot), content } : undefined;
}

function isSound(content: SlotContent): boolean {
  const { requests, errors, latencySum, cpuSum, cpuRequests } = content.totals;
  const figures = [requests, errors, latencySum, cpuSum, cpuRequests];
  return (
    figures.every((figure) => Number.isFinite(figure) && figure >= 0) &&
    errors <= requests &&
    cpuRequests <= requests
  );
}
