import type { ChainSeries, SeriesWindowRow, TrafficMetrics, TrafficWindow } from '../../models/metrics.ts';
import type {
  IntakeStats,
  RecordOutcome,
  SeriesChoice,
  TrafficIntake,
  TrafficPersistence,
  TrafficReader,
  TrafficStepIntake,
} from '../../models/ports.ts';
import type { TrafficStep } from '../../models/sources.ts';
import { BucketSlab, CHUNK_BYTES } from './bucket-slab.ts';
import { chainSeries } from './chain-series.ts';
import { Coverage } from './coverage.ts';
import { noRejections, type Rejection } from './intake-counts.ts';
import { HistogramBuilder } from './latency-histogram.ts';
import {
  defaultUnknown,
  type ResolvedOptions,
  resolveOptions,
  type TrafficMonitorOptions,
} from './options.ts';
import { changedRows, restoreRow } from './persistence.ts';
import { faultOfRecord, faultOfStep, faultOfTime } from './record-check.ts';
import type { Series } from './series.ts';
import { chosen, metricsOf, type WindowReading } from './series-metrics.ts';
import { SeriesRegistry } from './series-registry.ts';
import { partsOf } from './step-slots.ts';
import { RECENT_SECONDS, TimeGrid } from './time-grid.ts';
import { WatchedClock } from './watched-clock.ts';
import { WindowFinder } from './window-finder.ts';

const WINDOW_SECONDS = 60;

/** Time between two looks for silent series that make room for new ones, s. */
const SEEK_ROOM_SECONDS = 10;

/**
 * Who calls what, how often, how slow, how often wrong. Counts are exact, latency quantiles within 1 %. Memory is
 * bounded by `maxSeries` and `maxSketchBytes`, whatever arrives; a record of a series that exists allocates nothing.
 * docs/traffic-monitor.md describes what is kept and how exactly.
 */
export class TrafficMonitor implements TrafficIntake, TrafficStepIntake, TrafficReader, TrafficPersistence {
  readonly #options: ResolvedOptions;
  readonly #clock: WatchedClock;
  readonly #grid: TimeGrid;
  readonly #registry: SeriesRegistry;
  readonly #coverage: Coverage;
  readonly #windows: WindowFinder;
  readonly #builder = new HistogramBuilder();
  readonly #rejected = noRejections();
  #accepted = 0;
  /** When it was last looked for silent series that make room for new ones. */
  #soughtRoomSeconds = Number.NEGATIVE_INFINITY;

  constructor(options: TrafficMonitorOptions = {}) {
    this.#options = resolveOptions(options);
    const { samplingInterval, windowSize, step, maxSketchBytes, clock, futureTolerance } = this.#options;
    this.#grid = new TimeGrid(samplingInterval, windowSize, step);
    const slab = new BucketSlab(Math.floor(maxSketchBytes / CHUNK_BYTES));
    this.#registry = new SeriesRegistry(this.#options, this.#grid, slab);
    this.#coverage = new Coverage(this.#grid, clock.nowSeconds());
    this.#windows = new WindowFinder(this.#grid, this.#coverage);
    this.#clock = new WatchedClock(clock, Math.max(1, futureTolerance), (now) => this.#goBackTo(now));
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
    return this.#record(service, chain, responseTime, isError, timestampSeconds, count, cpuSeconds);
  }

  recordEndToEnd(
    chain: string,
    responseTime: number,
    isError = false,
    timestampSeconds?: number,
    count = 1,
  ): RecordOutcome {
    return this.#record(undefined, chain, responseTime, isError, timestampSeconds, count, Number.NaN);
  }

  recordStep(step: TrafficStep): RecordOutcome {
    const now = this.#clock.nowSeconds();
    const { windowSize, futureTolerance } = this.#options;
    const fault =
      faultOfStep(step) ??
      faultOfTime(step.fromSeconds, now, windowSize + this.#options.step, futureTolerance) ??
      faultOfTime(step.toSeconds, now, windowSize, futureTolerance);
    if (fault !== undefined) return fault;
    const series =
      this.#registry.find(step.service, step.chain) ?? this.#admit(step.service, step.chain, now);
    if (typeof series === 'string') return series;
    const recentFrom = this.#grid.fineFrom(now - RECENT_SECONDS);
    series.recordStep(step, recentFrom);
    for (const { fineFrom } of partsOf(step, this.#grid)) {
      this.#noteTold(this.#grid.coarseOf(fineFrom), step.fromSeconds);
    }
    return 'accepted';
  }

  toldUntilSeconds(service: string | undefined, chain: string): number | undefined {
    // So that a clock that was set back is noticed first.
    this.#clock.nowSeconds();
    const last = this.#registry.find(service, chain)?.lastSeconds;
    return last !== undefined && Number.isFinite(last) ? last : undefined;
  }

  /**
   * The window is widened to whole slots (`fromSeconds`, `toSeconds` say what it covers). Its start is never before
   * the start of the monitor or the first record, and rates divide by the time since the chain's own first record where
   * that is later: what began 20 s ago divides by 20 s.
   */
  getMetrics(
    windowSeconds = 300,
    untilSeconds = Number.POSITIVE_INFINITY,
    isWanted?: SeriesChoice,
  ): TrafficMetrics {
    const now = this.#clock.nowSeconds();
    const until = Math.min(untilSeconds, now);
    const lengthSeconds = Math.min(windowSeconds, this.#options.windowSize);
    const stretch = { untilSeconds: until, lengthSeconds, nowSeconds: now };
    const window = this.#windows.window(stretch);
    const covered = this.#coverage.coveredSeconds(window.fromSeconds, window.toSeconds);
    return {
      fromSeconds: window.toSeconds - covered,
      toSeconds: window.toSeconds,
      ...this.#metricsOf(chosen(this.#windows.recent(stretch), isWanted)),
    };
  }

  *closedWindows(fromSeconds: number, toSeconds: number): Iterable<TrafficWindow> {
    const now = this.#clock.nowSeconds();
    const perWindow = Math.round(WINDOW_SECONDS / this.#grid.coarseSeconds);
    const first = Math.ceil(
      Math.max(fromSeconds / WINDOW_SECONDS, this.#coverage.oldestCoarse(now) / perWindow),
    );
    const end = Math.floor(Math.min(toSeconds, now) / WINDOW_SECONDS);
    for (let i = first; i < end; i++) {
      if (this.#coverage.wasActive(i * perWindow, (i + 1) * perWindow))
        yield this.#closedWindow(i, perWindow);
    }
  }

  chainSeries(chain: string, untilSeconds: number, steps: number): ChainSeries {
    const now = this.#clock.nowSeconds();
    return chainSeries(
      {
        chain,
        spec: this.#registry.admission.topology?.chains.get(chain),
        series: this.#registry.ofChain(chain),
        untilSeconds: Math.min(untilSeconds, now),
        steps,
        stepSeconds: this.#options.step,
        oldestCoarse: this.#coverage.oldestCoarse(now),
      },
      this.#grid,
      this.#coverage,
    );
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
      firstRecordSeconds: this.#coverage.firstRecordSeconds,
    };
  }

  drain(): SeriesWindowRow[] {
    const rows: SeriesWindowRow[] = [];
    for (const series of this.#registry.all()) {
      if (series.changed)
        rows.push(...changedRows(series, this.#grid, this.#coverage.watchedSince, this.#builder));
    }
    return rows;
  }

  restore(rows: Iterable<SeriesWindowRow>): { readonly restored: number; readonly skipped: number } {
    const now = this.#clock.nowSeconds();
    const oldest = this.#coverage.oldestCoarse(now);
    this.#coverage.noteRestore(now);
    let newest = Number.NEGATIVE_INFINITY;
    let restored = 0;
    let skipped = 0;
    for (const row of rows) {
      const placed = restoreRow(row, this.#registry, this.#grid, oldest, now);
      if (placed === undefined) {
        skipped++;
        continue;
      }
      this.#coverage.noteWatched(placed.watchedSince);
      restored++;
      if (placed.wasTold) {
        this.#noteTold(placed.slot, placed.firstSeconds);
        continue;
      }
      this.#noteRecord(placed.slot, placed.firstSeconds);
      newest = Math.max(newest, placed.lastSeconds);
    }
    if (Number.isFinite(newest)) this.#coverage.noteGap(newest, now);
    return { restored, skipped };
  }

  /** Takes changed settings: series that are no longer known are dropped, the others keep their data. */
  reconfigure(changes: Pick<TrafficMonitorOptions, 'topology' | 'unknown' | 'maxSeries' | 'isFed'>): void {
    this.#registry.reconfigure({
      topology: changes.topology,
      unknown: changes.unknown ?? defaultUnknown(changes.topology),
      maxSeries: changes.maxSeries ?? this.#registry.admission.maxSeries,
      isFed: changes.isFed ?? (() => false),
    });
  }

  #record(
    service: string | undefined,
    chain: string,
    responseTime: number,
    isError: boolean,
    timestampSeconds: number | undefined,
    count: number,
    cpuSeconds: number,
  ): RecordOutcome {
    const now = this.#clock.nowSeconds();
    const told = timestampSeconds ?? now;
    const { windowSize, futureTolerance } = this.#options;
    const fault =
      faultOfRecord(responseTime, count, cpuSeconds) ?? faultOfTime(told, now, windowSize, futureTolerance);
    if (fault !== undefined) return this.#reject(fault);
    const series = this.#registry.find(service, chain) ?? this.#admit(service, chain, now);
    if (typeof series === 'string') return this.#reject(series);
    if (series.isFed) return this.#reject('fed-by-source');
    const at = Math.min(told, now);
    const fine = this.#grid.fineOf(at);
    const isRecent = now - at <= RECENT_SECONDS;
    series.record(at, fine, isRecent, responseTime, isError, count, cpuSeconds);
    this.#noteRecord(this.#grid.coarseOf(fine), at);
    this.#accepted++;
    return 'accepted';
  }

  #reject(reason: Rejection): Rejection {
    this.#rejected[reason]++;
    return reason;
  }

  /** Series that hold nothing any more make room before a new one is refused. */
  #admit(service: string | undefined, chain: string, nowSeconds: number): Series | Rejection {
    const first = this.#registry.admit(service, chain);
    if (first !== 'too-many-series') return first;
    // Looking at every series for each of a million new names would stop everything else.
    if (Math.abs(nowSeconds - this.#soughtRoomSeconds) < SEEK_ROOM_SECONDS) return first;
    this.#soughtRoomSeconds = nowSeconds;
    this.#registry.dropSilent(nowSeconds - this.#options.windowSize);
    return this.#registry.admit(service, chain);
  }

  #noteRecord(coarse: number, atSeconds: number): void {
    if (this.#coverage.note(coarse, atSeconds)) this.#expire(coarse);
  }

  #noteTold(coarse: number, atSeconds: number): void {
    if (this.#coverage.noteTold(coarse, atSeconds)) this.#expire(coarse);
  }

  #expire(coarse: number): void {
    for (const series of this.#registry.all()) series.expire(coarse);
  }

  #metricsOf(reading: WindowReading): Pick<TrafficMetrics, 'services' | 'endToEnd'> {
    return metricsOf(this.#registry.chains(), reading, { grid: this.#grid, builder: this.#builder });
  }

  #closedWindow(index: number, slots: number): TrafficWindow {
    const fromSeconds = index * WINDOW_SECONDS;
    return {
      fromSeconds,
      toSeconds: fromSeconds + WINDOW_SECONDS,
      ...this.#metricsOf(this.#windows.closed(index * slots, (index + 1) * slots)),
    };
  }

  /** What was recorded for times that are now to come again is not true of them. */
  #goBackTo(seconds: number): void {
    this.#coverage.goBackTo(seconds);
    for (const series of this.#registry.all()) series.dropAfter(seconds);
  }
}
