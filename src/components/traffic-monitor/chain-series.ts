import type { ChainSpec } from '../../models/data-models.ts';
import { visitsByService } from '../../models/data-models.ts';
import type { ChainSeries } from '../../models/metrics.ts';
import { noTotals, type Totals } from './counter-ring.ts';
import { type Coverage, MOST_MISSED } from './coverage.ts';
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
  /** Coarse slots before this one are gone. */
  readonly oldestCoarse: number;
}

/**
 * The last whole steps of a chain, aligned to the epoch; the rules are those of `TrafficReader.chainSeries`. Latency and
 * errors are those of the end-to-end samples where there are any in these steps, else of the series that gives the rate.
 */
export function chainSeries(request: ChainSeriesRequest, grid: TimeGrid, coverage: Coverage): ChainSeries {
  const result = unknownSeries(request);
  const source = rateSource(request, result.startSeconds, grid);
  if (source === undefined) return result;
  const endToEnd = endToEndSource(request, result.startSeconds, grid);
  const observed = endToEnd !== undefined && requestsOf(endToEnd) > 0 ? endToEnd : source;
  for (let i = 0; i < request.steps; i++) {
    const from = result.startSeconds + i * request.stepSeconds;
    const to = from + request.stepSeconds;
    const covered = source.series.isFed
      ? toldSeconds(source.series, from, to, request.oldestCoarse, grid)
      : watchedSeconds(source, from, to, request.oldestCoarse, grid, coverage);
    if (covered === undefined) continue;
    result.rates[i] = source.totals[i]!.requests / source.visits / covered;
    setObserved(result, i, observed.totals[i]!);
  }
  return result;
}

function unknownSeries(request: ChainSeriesRequest): ChainSeries {
  const { chain, steps, stepSeconds } = request;
  // A step that ends just now must not be lost to rounding.
  const end = Math.floor(request.untilSeconds / stepSeconds + 1e-9);
  return {
    chain,
    startSeconds: (end - steps) * stepSeconds,
    stepSeconds,
    rates: new Float64Array(steps).fill(Number.NaN),
    latencies: new Float64Array(steps).fill(Number.NaN),
    errorRatios: new Float64Array(steps).fill(Number.NaN),
  };
}

function setObserved(result: ChainSeries, step: number, totals: Totals): void {
  const answered = totals.requests - totals.errors;
  if (totals.requests > 0) result.errorRatios[step] = totals.errors / totals.requests;
  if (answered > 0) result.latencies[step] = totals.latencySum / answered;
}

interface RateSource {
  readonly series: Series;
  readonly totals: readonly Totals[];
  /** Records of the source per request of the chain. */
  readonly visits: number;
}

/** The first stage with records; without stages the service with the most; else the end-to-end samples. */
function rateSource(
  request: ChainSeriesRequest,
  startSeconds: number,
  grid: TimeGrid,
): RateSource | undefined {
  const idle: RateSource[] = [];
  const busy: RateSource[] = [];
  for (const [series, visits] of servicesInOrder(request)) {
    const source = sourceOf(series, visits, request, startSeconds, grid);
    const isBusy = requestsOf(source) > 0;
    if (isBusy && request.spec !== undefined) return source;
    (isBusy ? busy : idle).push(source);
  }
  busy.sort((a, b) => requestsOf(b) - requestsOf(a));
  return busy[0] ?? endToEndSource(request, startSeconds, grid) ?? idle[0];
}

/** The series of the services with their visits, in the order of the stages where the chain has any. */
function* servicesInOrder({ spec, series }: ChainSeriesRequest): Iterable<[Series, visits: number]> {
  const stages = spec && visitsByService(spec);
  if (stages === undefined) {
    for (const each of series) if (each.service !== undefined) yield [each, 1];
    return;
  }
  for (const [service, visits] of stages) {
    for (const each of series) if (each.service === service) yield [each, visits];
  }
}

function endToEndSource(
  request: ChainSeriesRequest,
  startSeconds: number,
  grid: TimeGrid,
): RateSource | undefined {
  const series = request.series.find((each) => each.service === undefined);
  return series === undefined ? undefined : sourceOf(series, 1, request, startSeconds, grid);
}

function sourceOf(
  series: Series,
  visits: number,
  request: ChainSeriesRequest,
  startSeconds: number,
  grid: TimeGrid,
): RateSource {
  const totals = Array.from({ length: request.steps }, (_, i) => {
    const from = startSeconds + i * request.stepSeconds;
    return sumOver(series, from, from + request.stepSeconds, grid);
  });
  return { series, totals, visits };
}

function requestsOf(source: RateSource): number {
  return source.totals.reduce((sum, totals) => sum + totals.requests, 0);
}

/** Slots that [from, to) touches in part count with the share of them that lies inside. */
function sumOver(series: Series, from: number, to: number, grid: TimeGrid): Totals {
  const totals = noTotals();
  const width = grid.coarseSeconds;
  const end = firstSlotAfter(to, width);
  for (let slot = slotOf(from, width); slot < end; slot++) {
    series.coarse.addTo(totals, slot, shareOf(slot, from, to, width));
  }
  return totals;
}

/** How much of a coarse slot that [from, to) touches lies inside. */
function shareOf(slot: number, from: number, to: number, width: number): number {
  const share = (Math.min(to, (slot + 1) * width) - Math.max(from, slot * width)) / width;
  return share > 1 - 1e-6 ? 1 : share;
}

/**
 * The part of [from, to) that a series which takes records is known of, s; undefined where that is too little: before
 * its first record it says nothing, and of the step in which that fell not enough.
 */
function watchedSeconds(
  { series }: RateSource,
  from: number,
  to: number,
  oldestCoarse: number,
  grid: TimeGrid,
  coverage: Coverage,
): number | undefined {
  if (from < series.firstSeconds - grid.fineSeconds || coverage.wasInterrupted(from, to)) return undefined;
  const first = slotOf(from, grid.coarseSeconds);
  if (first < oldestCoarse) return undefined;
  const isWatched = coverage.hadRecords(first, firstSlotAfter(to, grid.coarseSeconds));
  return isWatched ? coverage.coveredSeconds(from, to) : undefined;
}

/** The part of [from, to) that a source told of, s; undefined where that is too little. */
function toldSeconds(
  series: Series,
  from: number,
  to: number,
  oldestCoarse: number,
  grid: TimeGrid,
): number | undefined {
  const width = grid.coarseSeconds;
  const first = slotOf(from, width);
  if (first < oldestCoarse) return undefined;
  const end = firstSlotAfter(to, width);
  let told = 0;
  for (let slot = first; slot < end; slot++) {
    told += (series.told?.secondsIn(slot) ?? 0) * shareOf(slot, from, to, width);
  }
  return told < (1 - MOST_MISSED) * (to - from) ? undefined : told;
}

function slotOf(seconds: number, width: number): number {
  return Math.floor(seconds / width + 1e-6);
}

function firstSlotAfter(seconds: number, width: number): number {
  return Math.ceil(seconds / width - 1e-6);
}
