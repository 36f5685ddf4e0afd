/**
 * What the simulator shows to the outside and lets the outside do. Whoever drives it (scores, metrics pipeline, policies)
 * knows it through this alone. Services and chains by index; times in simulated seconds.
 */
import type { Application, Shape } from './application.ts';

/** Sees every visit and request as it ends. Called in the order of simulated time; must not change the system. */
export interface SimulationListener {
  /**
   * `selfSeconds`: queueing, throttling, CPU and own wait, without what the visit called; `totalSeconds`: with it.
   * `cpuSeconds` it burned. `place`: of its call in the chain's tree, breadth first, the root's is 0.
   */
  onVisit?(
    service: number,
    chain: number,
    selfSeconds: number,
    totalSeconds: number,
    cpuSeconds: number,
    failed: boolean,
    endSeconds: number,
    place?: number,
  ): void;
  /** `latencySeconds` from arrival to answer. */
  onRequest?(chain: number, latencySeconds: number, failed: boolean, endSeconds: number): void;
}

/** What a cgroup counts, over all instances of the service that ever ran. All but memory grow for ever. */
export interface CgroupCounters {
  readonly cpuSeconds: number;
  /** CFS periods in which an instance wanted CPU, and those of them in which it was throttled. */
  readonly periods: number;
  readonly throttledPeriods: number;
  /** Adds up over the cores on which threads were held back, as the kernel does: more than the time that passed when several were. */
  readonly throttledSeconds: number;
  /** Present working set of the largest instance, MiB. */
  readonly memory: number;
}

export interface InstanceState {
  readonly id: number;
  readonly cpu: number;
  readonly memory: number;
  /** `starting` takes no visits yet, `stopping` takes no new ones. All three are paid for. */
  readonly state: 'starting' | 'ready' | 'stopping';
  readonly startedSeconds: number;
  readonly cpuSeconds: number;
  readonly workingSet: number;
}

/** Histograms of latencies share one set of bounds: see latency-histogram.ts. */
export interface SimulatedSystem {
  readonly application: Application;
  readonly nowSeconds: number;
  /** Visits that have ended so far. */
  readonly visits: number;
  /** Requests that arrived and are not answered. */
  readonly inFlight: number;

  /** Simulates all that happens up to and including that time. */
  advanceTo(seconds: number): void;

  /** Template of new instances, and how many are wanted. */
  shape(service: number): Shape;
  instances(service: number): readonly InstanceState[];
  cgroup(service: number): CgroupCounters;
  /** Cumulative: ended visits of a chain at a service, failed ones included, and the failed ones. */
  visitsAt(service: number, chain: number): number;
  failedVisitsAt(service: number, chain: number): number;
  /** Cumulative counts by bucket of self and total latencies of successful visits, and of successful requests. Live views: copy. */
  selfHistogram(service: number, chain: number): Uint32Array;
  totalHistogram(service: number, chain: number): Uint32Array;
  requestHistogram(chain: number): Uint32Array;
  requestsOf(chain: number): number;
  failedRequestsOf(chain: number): number;
  /** Core-seconds and MiB-seconds that have been allocated so far: every instance from its creation to its end. */
  allocatedCoreSeconds(service: number): number;
  allocatedMebibyteSeconds(service: number): number;

  /** All of these take effect now. Wishes outside of what is possible (no CPU, no instance) are errors. */
  /** Changes quota and memory of running instances and the template. */
  resize(service: number, cpu: number, memory: number): void;
  /** More: new instances start and are ready after the start-up delay. Fewer: the youngest stop when their visits are done. */
  scale(service: number, instances: number): void;
  /** Rolling update to a new template: 25 % more at once, an old one stops when a new one is ready. A later roll replaces it. */
  roll(service: number, shape: Shape): void;
  /** Changes the template alone; whoever starts later has it. */
  setTemplate(service: number, cpu: number, memory: number): void;
  /** One ready instance stops and another one starts with the template (an eviction). */
  evict(service: number, instance: number): void;
  /** Instances die with all that they work on (those visits fail); replacements start. */
  kill(service: number, count: number): void;
  /** From now on each visit needs that many times its CPU. */
  setDemandFactor(service: number, factor: number): void;
}
