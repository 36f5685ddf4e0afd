import type { ChainSeries, SeriesWindowRow, TrafficMetrics, TrafficWindow } from '../../models/metrics.ts';
import type {
  Clock,
  IntakeStats,
  RecordOutcome,
  TrafficIntake,
  TrafficPersistence,
  TrafficReader,
} from '../../models/ports.ts';
import { ActivityRing } from './activity-ring.ts';
import { BucketSlab, CHUNK_BYTES } from './bucket-slab.ts';
import { chainSeries, coveredSeconds } from './chain-series.ts';
import { noRejections, type Rejection } from './intake-counts.ts';
import { HistogramBuilder } from './latency-histogram.ts';
import { coarseWindow, metricsWindow } from './metrics-window.ts';
import {
  defaultUnknown,
  type ResolvedOptions,
  resolveOptions,
  type TrafficMonitorOptions,
} from './options.ts';
import { changedRows, readRow } from './persistence.ts';
import { faultOfRecord, faultOfTime } from './record-check.ts';
import type { Series } from './series.ts';
import { metricsOf } from './series-metrics.ts';
import { SeriesRegistry } from './series-registry.ts';
import { RECENT_SECONDS, TimeGrid } from './time-grid.ts';

const WINDOW_SECONDS = 60;

/**
 * Who calls what, how often, how slow, how often wrong. Counts are exact, latency quantiles within 1 %. Memory is
 * bounded by `maxSeries` and `maxSketchBytes`, whatever arrives; a record of a series that exists allocates nothing.
 * docs/traffic-monitor.md describes what is kept and how exactly.
 */
export class TrafficMonitor implements TrafficIntake, TrafficReader, TrafficPersistence {
  readonly #options: ResolvedOptions;
  readonly #clock: Pick<Clock, 'nowSeconds'>;
  readonly #grid: TimeGrid;
  readonly #slab: BucketSlab;
  readonly #registry: SeriesRegistry;
  readonly #activity: ActivityRing;
  readonly #builder = new HistogramBuilder();
  readonly #rejected = noRejections();
  #accepted = 0;
  #firstRecordSeconds: number | undefined;
  /** Nothing is known of the time before: the start of the monitor or an earlier record. */
  #watchedSince: number;
  /** Fine slots know nothing of the time before. */
  #recentSince = Number.NEGATIVE_INFINITY;
  #latestSeconds: number;
  #newestCoarse = Number.NEGATIVE_INFINITY;

  constructor(options: TrafficMonitorOptions = {}) {
    this.#options = resolveOptions(options);
    const { samplingInterval, windowSize, step, maxSketchBytes, clock } = this.#options;
    this.#clock = clock;
    this.#grid = new TimeGrid(samplingInterval, windowSize, step);
    this.#slab = new BucketSlab(Math.floor(maxSketchBytes / CHUNK_BYTES));
    this.#registry = new SeriesRegistry(this.#options, this.#grid, this.#slab);
    this.#activity = new ActivityRing(this.#grid.coarseSlots);
    this.#latestSeconds = clock.nowSeconds();
    this.#watchedSince = this.#latestSeconds;
  }

  recordRequest(
    service: string,
    chain: string,
    responseTime: number,
    isError = false,
    timestampSeconds?: number,
    count = 1,
    cpuSeconds = Number.NaN,
  ): RecordOutcome {
    const now = this.#now();
    const at = timestampSeconds ?? now;
    const fault = this.#faultOf(responseTime, at, now, count, cpuSeconds);
    if (fault !== undefined) return this.#reject(fault);
    const series = this.#registry.atService(service, chain) ?? this.#admit(service, chain, now);
    if (typeof series === 'string') return this.#reject(series);
    return this.#count(series, Math.min(at, now), now, responseTime, isError, count, cpuSeconds);
  }

  recordEndToEnd(
    chain: string,
    responseTime: number,
    isError = false,
    timestampSeconds?: number,
    count = 1,
  ): RecordOutcome {
    const now = this.#now();
    const at = timestampSeconds ?? now;
    const fault = this.#faultOf(responseTime, at, now, count, Number.NaN);
    if (fault !== undefined) return this.#reject(fault);
    const series = this.#registry.endToEnd(chain) ?? this.#admit(undefined, chain, now);
    if (typeof series === 'string') return this.#reject(series);
    return this.#count(series, Math.min(at, now), now, responseTime, isError, count, Number.NaN);
  }

  /**
   * The window is widened to whole slots (`fromSeconds`, `toSeconds` say what it covers). Its start is never before
   * the start of the monitor or the first record: a monitor that began 20 s ago divides by 20 s.
   */
  getMetrics(windowSeconds = 300, untilSeconds = Number.POSITIVE_INFINITY): TrafficMetrics {
    const now = this.#now();
    const until = Math.min(untilSeconds, now);
    const wanted = until - Math.min(windowSeconds, this.#options.windowSize);
    const from = Math.max(wanted, this.#oldestCoarse(now) * this.#grid.coarseSeconds);
    const recentSince = Math.max(now - RECENT_SECONDS, this.#recentSince);
    const window = metricsWindow(this.#grid, from, until, now, recentSince);
    const covered = coveredSeconds(window.fromSeconds, window.toSeconds, this.#watchedSince, this.#grid);
    return {
      fromSeconds: window.toSeconds - covered,
      toSeconds: window.toSeconds,
      ...metricsOf(this.#registry.all(), window, covered, this.#grid, this.#builder),
    };
  }

  closedWindows(fromSeconds: number, toSeconds: number): readonly TrafficWindow[] {
    const now = this.#now();
    const perWindow = Math.round(WINDOW_SECONDS / this.#grid.coarseSeconds);
    const first = Math.ceil(Math.max(fromSeconds / WINDOW_SECONDS, this.#oldestCoarse(now) / perWindow));
    const end = Math.floor(Math.min(toSeconds, now) / WINDOW_SECONDS);
    const windows: TrafficWindow[] = [];
    for (let i = first; i < end; i++) {
      if (this.#wasActive(i * perWindow, (i + 1) * perWindow)) windows.push(this.#closedWindow(i, perWindow));
    }
    return windows;
  }

  chainSeries(chain: string, untilSeconds: number, steps: number): ChainSeries {
    const now = this.#now();
    const request = {
      chain,
      spec: this.#registry.admission.topology?.chains.get(chain),
      series: this.#registry.ofChain(chain),
      untilSeconds: Math.min(untilSeconds, now),
      steps,
      stepSeconds: this.#options.step,
      watchedSince: this.#watchedSince,
      oldestCoarse: this.#oldestCoarse(now),
    };
    return chainSeries(request, this.#grid, this.#activity);
  }

  lastRecordSeconds(chain: string): number | undefined {
    const series = this.#registry.ofChain(chain);
    return series.length === 0 ? undefined : Math.max(...series.map((each) => each.lastSeconds));
  }

  get stats(): IntakeStats {
    return {
      accepted: this.#accepted,
      rejected: { ...this.#rejected },
      series: this.#registry.size,
      maxSeries: this.#registry.admission.maxSeries,
      firstRecordSeconds: this.#firstRecordSeconds,
    };
  }

  drain(): SeriesWindowRow[] {
    const rows: SeriesWindowRow[] = [];
    for (const series of this.#registry.all()) {
      if (series.changed) rows.push(...changedRows(series, this.#grid, this.#builder));
    }
    return rows;
  }

  restore(rows: Iterable<SeriesWindowRow>): { readonly restored: number; readonly skipped: number } {
    const now = this.#now();
    this.#recentSince = now;
    let restored = 0;
    let skipped = 0;
    for (const row of rows) {
      if (this.#restoreRow(row, now)) restored++;
      else skipped++;
    }
    return { restored, skipped };
  }

  /** Takes changed settings: series that are no longer known are dropped, the others keep their data. */
  reconfigure(changes: Pick<TrafficMonitorOptions, 'topology' | 'unknown' | 'maxSeries'>): void {
    this.#registry.reconfigure({
      topology: changes.topology,
      unknown: changes.unknown ?? defaultUnknown(changes.topology),
      maxSeries: changes.maxSeries ?? this.#registry.admission.maxSeries,
    });
  }

  #faultOf(
    responseTime: number,
    atSeconds: number,
    nowSeconds: number,
    count: number,
    cpuSeconds: number,
  ): Rejection | undefined {
    const { windowSize, futureTolerance } = this.#options;
    return (
      faultOfRecord(responseTime, count, cpuSeconds) ??
      faultOfTime(atSeconds, nowSeconds, windowSize, futureTolerance)
    );
  }

  #reject(reason: Rejection): Rejection {
    this.#rejected[reason]++;
    return reason;
  }

  /** Series that hold nothing any more make room before a new one is refused. */
  #admit(service: string | undefined, chain: string, nowSeconds: number): Series | Rejection {
    const first = this.#registry.admit(service, chain);
    if (first !== 'too-many-series') return first;
    this.#registry.dropSilent(nowSeconds - this.#options.windowSize);
    return this.#registry.admit(service, chain);
  }

  #count(
    series: Series,
    atSeconds: number,
    nowSeconds: number,
    latency: number,
    isError: boolean,
    count: number,
    cpuSeconds: number,
  ): RecordOutcome {
    const fine = this.#grid.fineOf(atSeconds);
    const isRecent = nowSeconds - atSeconds <= RECENT_SECONDS;
    series.record(atSeconds, fine, isRecent, latency, isError, count, cpuSeconds);
    this.#noteActivity(this.#grid.coarseOf(fine), atSeconds);
    this.#accepted++;
    return 'accepted';
  }

  #noteActivity(coarse: number, atSeconds: number): void {
    this.#activity.mark(coarse);
    if (this.#firstRecordSeconds === undefined || atSeconds < this.#firstRecordSeconds) {
      this.#firstRecordSeconds = atSeconds;
      if (atSeconds < this.#watchedSince) this.#watchedSince = atSeconds;
    }
    if (coarse > this.#newestCoarse) this.#beginCoarse(coarse);
  }

  #beginCoarse(coarse: number): void {
    this.#newestCoarse = coarse;
    for (const series of this.#registry.all()) series.expire(coarse);
  }

  #restoreRow(row: SeriesWindowRow, nowSeconds: number): boolean {
    const read = readRow(row, this.#grid);
    if (read === undefined || read.content.totals.requests === 0) return false;
    const { slot, content } = read;
    const fromSeconds = slot * this.#grid.coarseSeconds;
    if (slot < this.#oldestCoarse(nowSeconds) || fromSeconds > nowSeconds) return false;
    const service = row.service === '' ? undefined : row.service;
    const known =
      service === undefined
        ? this.#registry.endToEnd(row.chain)
        : this.#registry.atService(service, row.chain);
    const series = known ?? this.#registry.admit(service, row.chain);
    if (typeof series === 'string') return false;
    series.replaceCoarse(slot, content.totals, content.buckets);
    const first = Math.min(Math.max(content.firstSeconds, fromSeconds), nowSeconds);
    series.widen(first, Math.min(Math.max(content.lastSeconds, first), nowSeconds));
    this.#noteActivity(slot, first);
    return true;
  }

  #closedWindow(index: number, slots: number): TrafficWindow {
    const window = coarseWindow(this.#grid, index * slots, (index + 1) * slots);
    const fromSeconds = index * WINDOW_SECONDS;
    const toSeconds = fromSeconds + WINDOW_SECONDS;
    const covered = coveredSeconds(fromSeconds, toSeconds, this.#watchedSince, this.#grid);
    return {
      fromSeconds,
      toSeconds,
      ...metricsOf(this.#registry.all(), window, covered, this.#grid, this.#builder),
    };
  }

  #wasActive(coarseFrom: number, coarseTo: number): boolean {
    for (let slot = coarseFrom; slot < coarseTo; slot++) if (this.#activity.has(slot)) return true;
    return false;
  }

  #oldestCoarse(nowSeconds: number): number {
    return this.#grid.coarseOf(this.#grid.fineOf(nowSeconds)) - this.#grid.coarseSlots + 1;
  }

  /** Time went on, or the clock was set back: then what was recorded for times to come is not true of them. */
  #now(): number {
    const now = this.#clock.nowSeconds();
    if (now >= this.#latestSeconds) this.#latestSeconds = now;
    else if (now < this.#latestSeconds - Math.max(1, this.#options.futureTolerance)) this.#goBackTo(now);
    return now;
  }

  #goBackTo(seconds: number): void {
    const coarse = this.#grid.coarseOf(this.#grid.fineOf(seconds));
    this.#latestSeconds = seconds;
    this.#newestCoarse = Math.min(this.#newestCoarse, coarse);
    this.#watchedSince = Math.min(this.#watchedSince, seconds);
    this.#recentSince = Math.min(this.#recentSince, seconds);
    if (this.#firstRecordSeconds !== undefined && this.#firstRecordSeconds > seconds) {
      this.#firstRecordSeconds = seconds;
    }
    this.#activity.dropAfter(coarse);
    for (const series of this.#registry.all()) series.dropAfter(seconds);
  }
}
