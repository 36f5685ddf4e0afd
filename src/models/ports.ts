/** Where the parts meet. Components implement these and know each other through nothing else. */
import type { Change, ChangeOutcome, CheckOutcome, TargetReading, TargetState } from './changes.ts';
import type { CapacityInForce, ResourceAllocation, ServiceSpec, Topology } from './data-models.ts';
import type { ForecastOutcome, PredictorStatus, TrainingOutcome } from './forecasts.ts';
import type {
  ChainSeries,
  ChainWindow,
  SeriesWindowRow,
  ServiceWindow,
  TrafficMetrics,
  TrafficWindow,
  UsageSample,
} from './metrics.ts';
import type { Caps, Plan } from './plans.ts';
import type { Composition, Impact, LatencyProfile, ProfileOutcome, SharedServiceImpact } from './profiles.ts';
import type { TrafficStep } from './sources.ts';

export interface Clock {
  /** Unix time, s, with fractions. */
  nowSeconds(): number;
  /** Resolves after that much time of this clock, never before, or early when the signal is aborted. Never rejects. */
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
}

/** Uniform in [0, 1), seeded. */
export type Random = () => number;

/** The part of a structured logger (pino) that we use. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What became of a record. Every accepted record is counted once. */
export type RecordOutcome =
  | 'accepted'
  | 'unknown-service'
  | 'unknown-chain'
  | 'chain-not-listed'
  | 'invalid-id'
  | 'invalid-response-time'
  | 'invalid-count'
  | 'invalid-cpu-seconds'
  | 'invalid-timestamp'
  | 'in-the-future'
  | 'too-old'
  | 'too-many-series'
  /** The service is fed by a source: counted once more its requests would be twice as many. */
  | 'fed-by-source';

export interface TrafficIntake {
  /**
   * Counts one record of `count` equal requests. `responseTime` in s, time spent in the service itself;
   * `timestampSeconds` of completion, default now; `cpuSeconds` of each request, NaN when not told.
   */
  recordRequest(
    service: string,
    chain: string,
    responseTime: number,
    isError?: boolean,
    timestampSeconds?: number,
    count?: number,
    cpuSeconds?: number,
  ): RecordOutcome;
  /** The same for an end-to-end sample of a chain. */
  recordEndToEnd(
    chain: string,
    responseTime: number,
    isError?: boolean,
    timestampSeconds?: number,
    count?: number,
  ): RecordOutcome;
}

/** Takes what a source has counted, instead of single records. A series that is fed so takes no records. */
export interface TrafficStepIntake {
  /** Counts a step as if its requests had been recorded one by one, spread evenly over it. */
  recordStep(step: TrafficStep): RecordOutcome;
  /** End of the newest step, or time of the newest record, of a series: nothing before it is to be told again. */
  toldUntilSeconds(service: string | undefined, chain: string): number | undefined;
}

export type SeriesChoice = (service: string | undefined, chain: string) => boolean;

export interface TrafficReader {
  /**
   * Metrics of the last `windowSeconds` (default 300, at most windowSize) before `untilSeconds` (default now). Rates
   * of a chain whose first record lies in them are over the time since then, at least one counting slot. Their
   * latencies are to be asked for at once: what a quantile is made of is read when it is first asked for.
   * A series that is fed by a source is known some seconds late: it answers for as many seconds, up to its newest step.
   * `isWanted` leaves series out that nobody asks for; `service` is undefined for an end-to-end series.
   */
  getMetrics(windowSeconds?: number, untilSeconds?: number, isWanted?: SeriesChoice): TrafficMetrics;
  /**
   * The epoch-aligned 60 s windows that lie wholly in [fromSeconds, toSeconds], oldest first, also when empty.
   * Windows before the first record, and those in which nothing was recorded at all, are left out, and so is a series
   * that is fed by a source from a window of which the source told less than nine tenths. Each is read when it is its turn.
   */
  closedWindows(fromSeconds: number, toSeconds: number): Iterable<TrafficWindow>;
  /**
   * The last `steps` whole steps of a chain before `untilSeconds`. The rate is that of the chain's first stage
   * (its visits divided out), else of the first stage with records, else of its end-to-end samples. NaN are
   * steps before the first record of that series, the step in which it fell (unless at its very start), steps of which
   * a restart took more than a tenth, and those in which no series at all had a record; others without a record are 0.
   * Of a series that is fed by a source, NaN are the steps of which the source told less than nine tenths.
   */
  chainSeries(chain: string, untilSeconds: number, steps: number): ChainSeries;
  /**
   * Time of the newest accepted record of a chain, whichever service sent it, or end of its newest step, also of a silent
   * one; undefined before the first.
   */
  lastRecordSeconds(chain: string): number | undefined;
  readonly stats: IntakeStats;
}

export interface IntakeStats {
  readonly accepted: number;
  readonly rejected: Readonly<Record<Exclude<RecordOutcome, 'accepted'>, number>>;
  readonly series: number;
  readonly maxSeries: number;
  readonly firstRecordSeconds: number | undefined;
}

/** What survives a restart of the monitor. */
export interface TrafficPersistence {
  /** The rows that changed since the last call, whole (they replace what was stored under the same key). */
  drain(): SeriesWindowRow[];
  /** Takes rows back after a restart. Rows that cannot be read are skipped and counted in the result. */
  restore(rows: Iterable<SeriesWindowRow>): { readonly restored: number; readonly skipped: number };
}

export interface TrafficForecaster {
  /** One outcome a series, in order. `leadSteps`: how many steps the plan must carry. */
  predict(recent: readonly ChainSeries[], leadSteps: number): Promise<readonly ForecastOutcome[]>;
  /** Trains in the background; one training at a time (a second call joins). Never rejects. */
  train(history: readonly ChainSeries[], signal?: AbortSignal): Promise<TrainingOutcome>;
  /** The trained network with its scaler, for the store; undefined before the first training. */
  save(): Uint8Array | undefined;
  /** Takes a saved network back; answers why not when it does not fit the settings. */
  load(
    saved: Uint8Array,
  ): Promise<{ readonly kind: 'loaded' } | { readonly kind: 'refused'; readonly reason: string }>;
  readonly status: PredictorStatus;
  close(): Promise<void>;
}

export interface ProfileLearner {
  /** Takes one closed window of a service into its profiles. */
  updateProfile(window: ServiceWindow): void;
  /** Takes one closed window of a chain's end-to-end samples into its composition. */
  updateComposition(window: ChainWindow): void;
  /** Fits again what has new windows. `nowSeconds` fades old windows. */
  refit(nowSeconds: number): void;
  /** Another number whenever a profile or a composition may have become another. */
  readonly revision: number;
  getLoadLatencyProfile(service: string): readonly LatencyProfile[];
  profile(service: string, chain: string): ProfileOutcome;
  composition(chain: string): Composition;
  /**
   * By how much more CPU than their demands promise all services need around a time (Unix s; absent: now), since machines
   * drift in speed; 1 where nothing is measured.
   */
  demandDrift(aroundSeconds?: number): number;
  /** `load`: visits/s of that chain; the other chains stay at their latest load. */
  analyzeImpact(service: string, chain: string, load: number): Impact;
  sharedImpact(service: string): SharedServiceImpact | undefined;
  /** Forgets a service's windows, for example after a deploy. */
  reset(service: string): void;
  /** States that changed since they were last taken, whole, the longest waiting first; at most `most` of them. */
  drain(most: number): readonly NamedState[];
  /** Start of the oldest window that no drained state holds yet, Unix s; Infinity when every window is drained. */
  readonly unsavedSinceSeconds: number;
  /** Takes states back after a restart. Those that cannot be read or used are skipped and counted in the result. */
  restore(states: Iterable<NamedState>): { readonly restored: number; readonly skipped: number };
}

/** A state in the form that is kept on disk; only who wrote it reads it. */
export interface NamedState {
  readonly name: string;
  readonly value: Uint8Array;
}

/** What to plan for; by name, absent entries take their configured or measured value. */
export interface PlanRequest {
  readonly topology: Topology;
  /** λ by chain, requests/s. A chain that is absent has no known load. */
  readonly loads: ReadonlyMap<string, number>;
  /** Capacity in force by service; a service that cannot be planned stays at it. */
  readonly capacities: ReadonlyMap<string, CapacityInForce>;
  /** Working set of one instance at its 95th percentile by service, MiB; absent: nothing measured. */
  readonly workingSets: ReadonlyMap<string, number>;
  /** By how much a chain was measured to take longer than its profiles say, less than 1 where it takes less; absent: 1. */
  readonly corrections?: ReadonlyMap<string, number>;
  /** By how much services that are resized in place use more CPU for their load now than their profiles say; absent: 1. */
  readonly demandFactors?: ReadonlyMap<string, number>;
  /** What was measured of chains whose services are all resized in place. */
  readonly slowness?: ReadonlyMap<string, ChainSlowness>;
  /**
   * Loads that may come sooner than an instance starts, by chain, requests/s: services that are resized in place have instances
   * enough for them, whatever `loads` ask for. Absent: the load.
   */
  readonly surges?: ReadonlyMap<string, number>;
  readonly caps?: Caps;
}

/** How a chain that is planned by quotas stands to its objective. */
export interface ChainSlowness {
  /** Latency at the SLO's percentile when nobody waits, s; absent: not seen yet. */
  readonly baseSeconds?: number;
  /** By how much more of its requests are slow than expected, in the odds. */
  readonly factor: number;
  /** Whether the last minute was over the objective; absent: not known. */
  readonly isMissed?: boolean;
}

export interface PlanOutcome {
  readonly plan: Plan;
  /** Services that could not be planned because nothing is known of them. */
  readonly unplanned: readonly string[];
}

export interface CapacityPlanner {
  plan(request: PlanRequest): PlanOutcome;
  /** What `plan` would answer now. Later plans know nothing of it. */
  tryPlan(request: PlanRequest): PlanOutcome;
  /**
   * Share of the requests over the SLO of each chain whose services are all resized in place, in [0, 1]: under given
   * allocations and loads (default: the request's), as the model has it (`slowness.factor` is left out). Chains without a
   * load in the request are absent.
   */
  slowShares(
    request: PlanRequest,
    allocations: ReadonlyMap<string, ResourceAllocation>,
    loads?: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, number>;
  /** End-to-end latency of each chain under given allocations, s; absent when a service of it is unknown. */
  evaluate(
    request: PlanRequest,
    allocations: ReadonlyMap<string, ResourceAllocation>,
  ): ReadonlyMap<string, number>;
}

/** Writes to what runs the services, one service at a time. Which, when and in which order is control's to say. */
export interface Executor {
  /** Why nothing can be written at present, for people: no cluster, another replica leads. Undefined when it can. */
  readonly idleBecause: string | undefined;
  /** Begins to watch; what is written to stays as it is. */
  start(): void;
  /** Ends everything that is under way; rolled-out changes stay. */
  stop(): Promise<void>;
  /** What runs now, by service; services without a target, and all without a cluster, are absent. Never rejects. */
  readTargets(
    services: Iterable<ServiceSpec>,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, TargetReading>>;
  /** Measured use of CPU and memory with the time of measurement. Never rejects: what cannot be read is absent. */
  readUsage(services: Iterable<ServiceSpec>, signal?: AbortSignal): Promise<readonly UsageSample[]>;
  /** Everything that can be told before the first write: who owns the target, and a dry run. Writes nothing. Never rejects. */
  check(change: Change, signal?: AbortSignal): Promise<CheckOutcome>;
  /** Writes, waits until it runs, and puts back what was there when it does not. Never rejects. */
  carryOut(change: Change, before: TargetState, signal?: AbortSignal): Promise<ChangeOutcome>;
  /**
   * After a restart in the middle of a change: waits for what was written, or finds that nothing was, with the same
   * outcomes as `carryOut`. Never rejects.
   */
  resume(change: Change, before: TargetState, signal?: AbortSignal): Promise<ChangeOutcome>;
}
