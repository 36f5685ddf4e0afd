import type { ChainSeries, SeriesWindowRow, TrafficMetrics, TrafficWindow } from '../../models/metrics.ts';
import type {
  IntakeStats,
  RecordOutcome,
  TrafficIntake,
  TrafficPersistence,
  TrafficReader,
} from '../../models/ports.ts';
import { BucketSlab, CHUNK_BYTES } from './bucket-slab.ts';
import { chainSeries } from './chain-series.ts';
import { Coverage } from './coverage.ts';
import { noRejections, type Rejection } from './intake-counts.ts';
import { HistogramBuilder } from './latency-histogram.ts';
import { coarseWindow, type MetricsWindow, metricsWindow } from './metrics-window.ts';
import {
  defaultUnknown,
  type ResolvedOptions,
  resolveOptions,
  type TrafficMonitorOptions,
} from './options.ts';
import { changedRows, restoreRow } from './persistence.ts';
import { faultOfRecord, faultOfTime } from './record-check.ts';
import type { Series } from './series.ts';
import { metricsOf } from './series-metrics.ts';
import { SeriesRegistry } from './series-registry.ts';
import { RECENT_SECONDS, TimeGrid } from './time-grid.ts';
import { WatchedClock } from './watched-clock.ts';

const WINDOW_SECONDS = 60;

/** Time between two looks for silent series that make room for new ones, s. */
const SEEK_ROOM_SECONDS = 10;

/**
 * Who calls what, how often, how slow, how often wrong. Counts are exact, latency quantiles within 1 %. Memory is
 * bounded by `maxSeries` and `maxSketchBytes`, whatever arrives; a record of a series that exists allocates nothing.
 * docs/traffic-monitor.md describes what is kept and how exactly.
 */
export class TrafficMonitor implements TrafficIntake, TrafficReader, TrafficPersistence {
  readonly #options: ResolvedOptions;
  readonly #clock: WatchedClock;
  readonly #grid: TimeGrid;
  readonly #registry: SeriesRegistry;
  readonly #coverage: Coverage;
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

  /**
   * The window is widened to whole slots (`fromSeconds`, `toSeconds` say what it covers). Its start is never before
   * the start of the monitor or the first record, and rates divide by the time since the chain's own first record where
   * that is later: what began 20 s ago divides by 20 s.
   */
  getMetrics(windowSeconds = 300, untilSeconds = Number.POSITIVE_INFINITY): TrafficMetrics {
    const now = this.#clock.nowSeconds();
    const until = Math.min(untilSeconds, now);
    const wanted = until - Math.min(windowSeconds, this.#options.windowSize);
    const from = Math.max(wanted, this.#coverage.oldestCoarse(now) * this.#grid.coarseSeconds);
    const window = metricsWindow(this.#grid, from, until, now, this.#coverage.recentSince(now));
    const covered = this.#coverage.coveredSeconds(window.fromSeconds, window.toSeconds);
    return {
      fromSeconds: window.toSeconds - covered,
      toSeconds: window.toSeconds,
      ...this.#metricsOf(window),
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
      this.#noteRecord(placed.slot, placed.firstSeconds);
      newest = Math.max(newest, placed.lastSeconds);
      restored++;
    }
    if (restored > 0) this.#coverage.noteGap(newest, now);
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
    if (this.#coverage.note(coarse, atSeconds)) {
      for (const series of this.#registry.all()) series.expire(coarse);
    }
  }

  #metricsOf(window: MetricsWindow): Pick<TrafficMetrics, 'services' | 'endToEnd'> {
    const source = { window, grid: this.#grid, builder: this.#builder };
    return metricsOf(this.#registry.chains(), source, (since) => {
      const slot = this.#grid.secondsOf(this.#grid.fineOf(since));
      return this.#coverage.coveredSeconds(Math.max(window.fromSeconds, slot), window.toSeconds);
    });
  }

  #closedWindow(index: number, slots: number): TrafficWindow {
    const fromSeconds = index * WINDOW_SECONDS;
    const toSeconds = fromSeconds + WINDOW_SECONDS;
    const window = coarseWindow(this.#grid, index * slots, (index + 1) * slots);
    return { fromSeconds, toSeconds, ...this.#metricsOf(window) };
  }

  /** What was recorded for times that are now to come again is not true of them. */
  #goBackTo(seconds: number): void {
    this.#coverage.goBackTo(seconds);
    for (const series of this.#registry.all()) series.dropAfter(seconds);
  }
}
