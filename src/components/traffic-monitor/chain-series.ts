import type { ChainSpec } from '../../models/data-models.ts';
import { visitsByService } from '../../models/data-models.ts';
import type { ChainSeries } from '../../models/metrics.ts';
import { noTotals, type Totals } from './counter-ring.ts';
import type { Coverage } from './coverage.ts';
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
  const firstSeconds = Math.min(...request.series.map((series) => series.firstSeconds));
  for (let i = 0; i < request.steps; i++) {
    const from = result.startSeconds + i * request.stepSeconds;
    const to = from + request.stepSeconds;
    if (to <= firstSeconds || !wasWatched(from, to, request.oldestCoarse, grid, coverage)) continue;
    const covered = coverage.coveredSeconds(from, to);
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
  const sources = serviceSources(request, startSeconds, grid);
  const busy = sources.filter((source) => requestsOf(source) > 0);
  if (request.spec === undefined) busy.sort((a, b) => requestsOf(b) - requestsOf(a));
  return busy[0] ?? endToEndSource(request, startSeconds, grid) ?? sources[0];
}

/** In the order of the stages, where the chain has any. */
function serviceSources(request: ChainSeriesRequest, startSeconds: number, grid: TimeGrid): RateSource[] {
  const atServices = request.series.filter((series) => series.service !== undefined);
  if (request.spec === undefined) {
    return atServices.map((series) => sourceOf(series, 1, request, startSeconds, grid));
  }
  return [...visitsByService(request.spec)].flatMap(([service, visits]) =>
    atServices
      .filter((series) => series.service === service)
      .map((series) => sourceOf(series, visits, request, startSeconds, grid)),
  );
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
  return { totals, visits };
}

function requestsOf(source: RateSource): number {
  return source.totals.reduce((sum, totals) => sum + totals.requests, 0);
}

function sumOver(series: Series, from: number, to: number, grid: TimeGrid): Totals {
  const totals = noTotals();
  for (const [slot, share] of overlaps(from, to, grid)) series.coarse.addTo(totals, slot, share);
  return totals;
}

function wasWatched(
  from: number,
  to: number,
  oldestCoarse: number,
  grid: TimeGrid,
  coverage: Coverage,
): boolean {
  const slots = overlaps(from, to, grid);
  const first = slots[0]?.[0] ?? 0;
  return first >= oldestCoarse && coverage.wasActive(first, first + slots.length);
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
