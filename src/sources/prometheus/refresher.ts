import type { Topology } from '../../models/data-models.ts';
import type { UsageSample } from '../../models/metrics.ts';
import type { TrafficStepIntake } from '../../models/ports.ts';
import type { PrometheusSettings } from '../../models/prometheus-settings.ts';
import { PairMemory } from './pair-memory.ts';
import { type Pair, PairFinder } from './pairs.ts';
import { RangeClient, type StepRange } from './range-client.ts';
import { readTraffic, type TrafficAnswers } from './read-traffic.ts';
import { UsageReader } from './read-usage.ts';
import { SourceFault } from './source-fault.ts';

/** So much of what was told is asked for again, s: samples may have come late. */
const OVERLAP_SECONDS = 60;

/** Answers of about this size are asked for, bytes: longer ranges are cut. */
const ANSWER_BYTES = 8 * 2 ** 20;

/** Most points of a range; Prometheus answers no more than 11,000. */
const MOST_POINTS = 5000;

export interface RefreshSinks {
  readonly traffic: TrafficStepIntake;
  recordUsage(samples: readonly UsageSample[]): void;
  /** Time of the newest sample of a service. */
  latestUsageSeconds(service: string): number | undefined;
  /** How many instances of a service are in force, where that was told; undefined where it is only assumed. */
  instancesTold(service: string): number | undefined;
}

/** Brings what is known up to a time, piece by piece. Made anew when settings change: what was told is in the sinks. */
export class Refresher {
  readonly #settings: PrometheusSettings;
  readonly #sinks: RefreshSinks;
  readonly #client: RangeClient;
  readonly #pairs: PairFinder;
  readonly #usage: UsageReader;
  readonly #memories = new Map<Pair, PairMemory>();
  /** Everything up to there was asked for, Unix s. */
  #askedUntil: number;
  #piece = 1;
  #missing: readonly string[] = [];
  #latestRange: StepRange | undefined;

  constructor(settings: PrometheusSettings, topology: Topology, sinks: RefreshSinks, nowSeconds: number) {
    this.#settings = settings;
    this.#sinks = sinks;
    this.#client = new RangeClient(settings);
    this.#pairs = new PairFinder(settings, topology);
    this.#usage = new UsageReader(settings, (service) => sinks.instancesTold(service));
    const oldest = this.#aligned(nowSeconds - settings.lookback);
    const told = this.#all.map((pair) => sinks.traffic.toldUntilSeconds(pair.service, pair.chain) ?? oldest);
    for (const [i, pair] of this.#all.entries()) {
      this.#memories.set(pair, new PairMemory(pair, settings.latencyUnitSeconds, told[i]!));
    }
    this.#askedUntil = this.#aligned(Math.max(oldest, Math.min(nowSeconds, ...told)));
  }

  /** End of the newest step that can be asked for. */
  dueSeconds(nowSeconds: number): number {
    return this.#aligned(nowSeconds - this.#settings.delay);
  }

  /** Up to when everything is known, as far as it is to be had. */
  get knownUntilSeconds(): number {
    return this.#askedUntil;
  }

  get bytesRead(): number {
    return this.#client.bytesRead;
  }

  /** The points of the latest queries for traffic. */
  get latestRange(): StepRange | undefined {
    return this.#latestRange;
  }

  /** Pairs of which the newest answer had nothing. */
  get missing(): readonly string[] {
    return this.#missing;
  }

  /** Reads the next piece; answers whether more is due. Throws a SourceFault, and tries a shorter piece the next time. */
  async advance(nowSeconds: number, signal: AbortSignal): Promise<boolean> {
    const due = this.dueSeconds(nowSeconds);
    if (due < this.#askedUntil) this.#goBackTo(due);
    const start = Math.max(this.#askedUntil, this.#aligned(nowSeconds - this.#settings.lookback));
    if (start >= due) return false;
    const end = Math.min(due, start + this.#piece * this.#settings.step);
    try {
      const usageFault = await this.#read(start, end, nowSeconds, signal);
      this.#askedUntil = end;
      this.#growPiece((end - start) / this.#settings.step);
      if (usageFault !== undefined) throw usageFault;
    } catch (error) {
      if (error instanceof SourceFault) this.#piece = Math.max(1, Math.floor(this.#piece / 2));
      throw error;
    }
    return end < due;
  }

  close(): void {
    this.#client.close();
  }

  get #all(): readonly Pair[] {
    return [...this.#pairs.atServices, ...this.#pairs.endToEnd];
  }

  /** After the clock was set back those times are to come again. */
  #goBackTo(seconds: number): void {
    this.#askedUntil = seconds;
    for (const [{ service, chain }, memory] of this.#memories) {
      memory.goBackTo(this.#sinks.traffic.toldUntilSeconds(service, chain) ?? seconds);
    }
  }

  /** Use comes first: windows learn from both. A fault of it does not keep the traffic back; it is answered. */
  async #read(
    start: number,
    end: number,
    nowSeconds: number,
    signal: AbortSignal,
  ): Promise<SourceFault | undefined> {
    const { step } = this.#settings;
    const usageFault = await this.#readUsage(rangeOf(start, end, step), signal);
    // Where answers are so large that pieces are short, the overlap is short too.
    const overlap = Math.min(OVERLAP_SECONDS, this.#piece * step);
    const oldest = this.#aligned(nowSeconds - this.#settings.lookback);
    const overlapping = Math.max(start - overlap, oldest);
    const range = rangeOf(Math.min(start, overlapping), end, step);
    this.#latestRange = range;
    const answers = await readTraffic(this.#client, this.#settings, this.#pairs, range, signal);
    this.#tell(answers, range);
    return usageFault;
  }

  async #readUsage(range: StepRange, signal: AbortSignal): Promise<SourceFault | undefined> {
    try {
      const samples = await this.#usage.read(this.#client, range, signal);
      const isNew = ({ service, atSeconds }: UsageSample) =>
        atSeconds > (this.#sinks.latestUsageSeconds(service) ?? Number.NEGATIVE_INFINITY);
      this.#sinks.recordUsage(samples.filter(isNew));
      return undefined;
    } catch (error) {
      if (error instanceof SourceFault) return error;
      throw error;
    }
  }

  #tell({ columns, countsLatencies }: TrafficAnswers, { firstSeconds, count, step }: StepRange): void {
    const missing: string[] = [];
    for (const [pair, memory] of this.#memories) {
      const of = columns.get(pair);
      const known = Array.from({ length: count }, (_, i) => of?.point(i, countsLatencies(pair)));
      for (const [i, point] of known.entries()) {
        const toSeconds = firstSeconds + i * step;
        const told = point && memory.step(point, { fromSeconds: toSeconds - step, toSeconds });
        if (told !== undefined) this.#sinks.traffic.recordStep(told);
      }
      if (known.at(-1) === undefined) missing.push(`${pair.service ?? 'end to end'}/${pair.chain}`);
      memory.forgetBefore(firstSeconds + count * step - 2 * OVERLAP_SECONDS);
    }
    this.#missing = missing;
  }

  /** Ranges grow while answers are small. */
  #growPiece(points: number): void {
    const perPoint = this.#client.takeLargest() / points;
    const affordable = Math.floor(ANSWER_BYTES / Math.max(1, perPoint));
    this.#piece = Math.max(1, Math.min(MOST_POINTS, affordable, this.#piece * 2));
  }

  #aligned(seconds: number): number {
    const { step } = this.#settings;
    return Math.floor(seconds / step) * step;
  }
}

/** The points that end the steps of [start, end]. */
function rangeOf(start: number, end: number, step: number): StepRange {
  return { firstSeconds: start + step, count: Math.round((end - start) / step), step };
}
