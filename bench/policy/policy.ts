/**
 * What every policy is: something that looks at what a real system would show it, at its own interval, and acts through
 * what a real system would let it do. It sees neither the simulator nor the application's true demands nor the future.
 */
import type { CgroupCounters, InstanceState, SimulationListener } from '../simulator/system.ts';

/** What whoever runs the application knows about it: names, bounds, objectives. Indices are places in these arrays. */
export interface KnownApplication {
  readonly name: string;
  readonly services: readonly KnownService[];
  readonly chains: readonly KnownChain[];
}

export interface KnownService {
  readonly name: string;
  readonly minCpu: number;
  readonly maxCpu: number;
  readonly minMemory: number;
  readonly maxMemory: number;
  readonly minInstances: number;
  readonly maxInstances: number;
}

/** The call graph as an operator would write it down: who calls whom, in which order, without any time. */
export interface KnownCall {
  readonly service: number;
  readonly stages: readonly (readonly KnownCall[])[];
}

export interface KnownChain {
  readonly name: string;
  readonly root: KnownCall;
  /** p95 end to end, s. */
  readonly sloSeconds: number;
}

/** One scrape of everything. Counters grow for ever; histograms are counts by bucket (bench/simulator/latency-histogram.ts). */
export interface Scrape {
  readonly atSeconds: number;
  readonly services: readonly ServiceScrape[];
  readonly chains: readonly ChainScrape[];
}

export interface ServiceScrape extends CgroupCounters {
  readonly instances: readonly InstanceState[];
  /** By chain: ended visits, failed ones, latencies of the others without and with what they called. */
  readonly visits: readonly number[];
  readonly failedVisits: readonly number[];
  readonly selfLatency: readonly Uint32Array[];
  readonly totalLatency: readonly Uint32Array[];
}

export interface ChainScrape {
  readonly requests: number;
  readonly failedRequests: number;
  readonly latency: Uint32Array;
}

/** The metrics pipeline: scrapes at its interval, each known only after its delay; nothing new during an outage. */
export interface MetricsView {
  /** Newest scrape that is known now. */
  latest(): Scrape | undefined;
  /** Newest known scrape that was taken at or before that time. */
  at(seconds: number): Scrape | undefined;
}

export interface ServiceAllocation {
  readonly cpu: number;
  readonly memory: number;
  readonly instances: number;
  readonly readyInstances: number;
  /**
   * As the controller's status tells: the last write has taken effect, and no instance with another cpu or memory than the
   * template takes visits any more. Whether all are ready is another question.
   */
  readonly rolledOut?: boolean;
}

/** Writes take effect after the delay of their kind (bench/policy/timing.ts). cpu and memory are clipped to the bounds. */
export interface Actuator {
  /** Template and wanted instances as the API server tells them, without delay. */
  allocation(service: number): ServiceAllocation;
  /** Resizes running instances in place through the API server. */
  resize(service: number, cpu: number, memory: number): void;
  /** Sets the quota of all instances from an agent on the node. */
  setQuota(service: number, cpu: number): void;
  scale(service: number, instances: number): void;
  roll(service: number, cpu: number, memory: number, instances: number): void;
  setTemplate(service: number, cpu: number, memory: number): void;
  evict(service: number, instance: number): void;
}

export interface PolicyContext {
  readonly application: KnownApplication;
  readonly metrics: MetricsView;
  /**
   * Tells what instrumented services post: every visit and request as it ends, none that ends during a metrics outage.
   * Whoever listens may use a record no sooner than TIMING.recordDelay after its end.
   */
  subscribe?(listener: SimulationListener): void;
  /** What an agent on the node reads from the cgroups, without delay, also while the pipeline is out. */
  cgroup(service: number): CgroupCounters;
  readonly actuator: Actuator;
  /** Length of the first part of this run, which is for learning and not scored, s. Runs of a parameter search have one too. */
  readonly tuneSeconds: number;
  /** Uniform in [0, 1), seeded. */
  readonly random: () => number;
}

export interface Policy {
  readonly name: string;
  /** Between two calls of `step`, s. */
  readonly intervalSeconds: number;
  step(nowSeconds: number): void | Promise<void>;
  /** Ends what it holds (files, timers). */
  close?(): Promise<void>;
}

export type Parameters = Readonly<Record<string, number>>;

/** A baseline and what of it is tuned. */
export interface PolicyFactory {
  readonly name: string;
  /** Parameters with the values that a search tries, the published default first. Empty: nothing is tuned. */
  readonly space: Readonly<Record<string, readonly number[]>>;
  create(context: PolicyContext, parameters: Parameters): Policy;
}
