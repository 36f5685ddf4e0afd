import type { ChainSpec } from '../../models/data-models.ts';
import { visitsByService } from '../../models/data-models.ts';
import type { ChainSeries } from '../../models/metrics.ts';
import type { ActivityRing } from './activity-ring.ts';
import { noTotals, type Totals } from './counter-ring.ts';
import type { Series } from './series.ts';
import type { TimeGrid } from './time-grid.ts';

export interface ChainSeriesRequest {
  readonly chain: string;
  readonly spec: ChainSpec | undefined;
  /** Every series of the chain, the end-to-end one included. */
  readonly series: readonly Series[];
  readonly untilSeconds: number;
  readonly steps: number;
  readonly stepSeconds: number;
  /** Nothing was watched before this time, s. */
  readonly watchedSince: number;
  /** Coarse slots before this one are gone. */
  readonly oldestCoarse: number;
}

/** The last whole steps of a chain, aligned to the epoch; the rules are those of `TrafficReader.chainSeries`. */
export function chainSeries(
  request: ChainSeriesRequest,
  grid: TimeGrid,
  activity: ActivityRing,
): ChainSeries {
  const { chain, steps, stepSeconds } = request;
  const end = Math.floor(request.untilSeconds / stepSeconds + 1e-9);
  const startSeconds = (end - steps) * stepSeconds;
  const result: ChainSeries = {
    chain,
    startSeconds,
    stepSeconds,
    rates: new Float64Array(steps).fill(Number.NaN),
    latencies: new Float64Array(steps).fill(Number.NaN),
    errorRatios: new Float64Array(steps).fill(Number.NaN),
  };
  const sums = (series: Series) =>
    Array.from({ length: steps }, (_, i) =>
      sumOver(series, startSeconds + i * stepSeconds, startSeconds + (i + 1) * stepSeconds, grid),
    );
  const source = rateSource(request, sums);
  if (source === undefined) return result;
  const firstSeconds = Math.min(...request.series.map((series) => series.firstSeconds));
  const endToEnd = request.series.find((series) => series.service === undefined);
  const observed = endToEnd === undefined ? [] : sums(endToEnd);
  const hasObserved = observed.some((totals) => totals.requests > 0);
  for (let i = 0; i < steps; i++) {
    const from = startSeconds + i * stepSeconds;
    const to = from + stepSeconds;
    if (to <= firstSeconds || !wasActive(from, to, request.oldestCoarse, grid, activity)) continue;
    result.rates[i] =
      source.totals[i]!.requests / source.visits / coveredSeconds(from, to, request.watchedSince, grid);
    const totals = hasObserved ? observed[i]! : source.totals[i]!;
    if (totals.requests > 0) result.errorRatios[i] = totals.errors / totals.requests;
    const answered = totals.requests - totals.errors;
    if (answered > 0) result.latencies[i] = totals.latencySum / answered;
  }
  return result;
}

/** The part of [from, to) that was watched, and never less than one fine slot. */
export function coveredSeconds(from: number, to: number, watchedSince: number, grid: TimeGrid): number {
  return Math.max(grid.fineSeconds, to - Math.max(from, watchedSince));
}

interface RateSource {
  readonly totals: readonly Totals[];
  /** Records of the source per request of the chain. */
  readonly visits: number;
}

function rateSource(request: ChainSeriesRequest, sums: (series: Series) => Totals[]): RateSource | undefined {
  const visits = request.spec === undefined ? undefined : visitsByService(request.spec);
  // visitsByService names the services in the order of the stages.
  const candidates =
    visits === undefined
      ? request.series.filter((series) => series.service !== undefined)
      : [...visits.keys()].flatMap((service) =>
          request.series.filter((series) => series.service === service),
        );
  const measured = candidates.map((series) => ({
    totals: sums(series),
    visits: visits?.get(series.service ?? '') ?? 1,
  }));
  const busy = measured.filter((source) => requestsOf(source) > 0);
  if (visits === undefined) busy.sort((a, b) => requestsOf(b) - requestsOf(a));
  if (busy[0] !== undefined) return busy[0];
  const endToEnd = request.series.find((series) => series.service === undefined);
  return endToEnd === undefined ? measured[0] : { totals: sums(endToEnd), visits: 1 };
}

function requestsOf(source: RateSource): number {
  return source.totals.reduce((sum, totals) => sum + totals.requests, 0);
}

function sumOver(series: Series, from: number, to: number, grid: TimeGrid): Totals {
  const totals = noTotals();
  for (const [slot, share] of overlaps(from, to, grid)) series.coarse.addTo(totals, slot, share);
  return totals;
}

function wasActive(
  from: number,
  to: number,
  oldestCoarse: number,
  grid: TimeGrid,
  activity: ActivityRing,
): boolean {
  const slots = overlaps(from, to, grid).map(([slot]) => slot);
  return slots.every((slot) => slot >= oldestCoarse) && slots.some((slot) => activity.has(slot));
}

/** The coarse slots that [from, to) touches, each with the share of it that lies inside. */
function overlaps(from: number, to: number, grid: TimeGrid): [slot: number, share: number][] {
  const width = grid.coarseSeconds;
  const first = Math.floor(from / width + 1e-6);
  const end = Math.ceil(to / width - 1e-6);
  return Array.from({ length: end - first }, (_, i) => {
    const start = (first + i) * width;
    const share = (Math.min(to, start + width) - Math.max(from, start)) / width;
    return [first + i, share > 1 - 1e-6 ? 1 : share];
  });
}
