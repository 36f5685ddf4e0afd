/** The allocation program of DESIGN section 3 and its answer. */
import type { ResourceAllocation } from './data-models.ts';

/** Memory planned above the working set at its 95th percentile: DESIGN section 3, "Shape". */
export const MEMORY_HEADROOM = 1.15;

export interface PlanningService {
  readonly id: string;
  readonly pricePerCore: number;
  readonly pricePerMebibyte: number;
  readonly instanceCost: number;
  readonly minCpu: number;
  readonly maxCpu: number;
  readonly minInstances: number;
  readonly maxInstances: number;
  /** Cores that one instance can use. */
  readonly parallelism: number;
  /** Demand without any request, cores. Default 0. */
  readonly baselineCores?: number;
  /** Cores below which a visit's CPU need does not fit into one CFS period: a floor of cpu, as far as maxCpu lets it. */
  readonly leastCpu?: number;
  /** Highest ρ of the continuous plan, where that is less than for all services; default 1. */
  readonly maxUtilization?: number;
  /** cpu of a shape is a multiple of this, or minCpu or maxCpu themselves. */
  readonly quantum: number;
  /** k. */
  readonly exponent: number;
  /** η. */
  readonly verticalExponent: number;
  /** Memory of one instance, already decided by the memory rule; takes no part in the optimisation but in the cost. */
  readonly memory: number;
  /** A service that must stay as it is: it counts with this shape and is not optimised. */
  readonly fixed?: ResourceAllocation;
}

export interface PlanningVisit {
  readonly service: string;
  readonly visits: number;
  /** d, core-seconds of one visit. */
  readonly demand: number;
  /** a, s. */
  readonly floor: number;
  /** b, s. */
  readonly queueing: number;
  /** It stands on another way of its stage too: its load counts there. */
  readonly again?: boolean;
}

export interface PlanningChain {
  readonly id: string;
  readonly sloSeconds: number;
  /** What planning aims at, at most sloSeconds, where the bounds allow it; default sloSeconds. */
  readonly targetSeconds?: number;
  readonly priority: number;
  /** λ, requests/s. */
  readonly rate: number;
  /** γ. */
  readonly composition: number;
  /** δ, s. */
  readonly overheadSeconds: number;
  /** Stages in sequence → branches in parallel → visits in sequence. */
  readonly stages: readonly (readonly (readonly PlanningVisit[])[])[];
}

export interface PlanningProblem {
  readonly services: readonly PlanningService[];
  readonly chains: readonly PlanningChain[];
  readonly caps?: Caps;
}

/** Most that all services together may have, those that are not planned included. */
export interface Caps {
  /** cores. */
  readonly cpu?: number;
  /** MiB. */
  readonly memory?: number;
}

export interface PlannedService extends ResourceAllocation {
  readonly id: string;
  /** C of the continuous optimum, cores. */
  readonly capacityCores: number;
  /** D at the planned load, cores. */
  readonly demandCores: number;
  /** ρ of the shape. */
  readonly utilization: number;
  /** Cost that one core more of maxCpu, and one instance more of maxInstances, would save; absent where it is nothing. */
  readonly maxCpuSaves?: number;
  readonly maxInstancesSaves?: number;
}

export interface PlannedChain {
  readonly id: string;
  readonly sloSeconds: number;
  /** End-to-end latency at the planned load with the planned shapes, s; Infinity when a service is overloaded. */
  readonly expectedLatency: number;
  readonly feasible: boolean;
  /** Latency with every service at its upper bound, s; Infinity when even that is overloaded. */
  readonly achievableLatency: number;
  /** Services that carry most of the chain's latency while its SLO binds, the heaviest first; empty when it does not bind. */
  readonly binding: readonly string[];
  /** μ: cost that one second more of SLO would save. */
  readonly shadowPrice: number;
  /** The same in cores for 10 ms, at the price of a core in the services that carry the chain; absent where it is nothing. */
  readonly coresPer10Ms?: number;
}

/** A cap and what the plan makes of it. */
export interface PlannedCap {
  readonly limit: number;
  /** What the shapes take of it; more than the limit only when even the least shapes do. */
  readonly used: number;
  /** What the plan without caps takes. */
  readonly wanted: number;
  /** What the least shapes of all services take. */
  readonly least: number;
  /** Whether the plan would be another one without it. */
  readonly binds: boolean;
  /** By how much one core or MiB more would lower the weighted violation. */
  readonly shadowPrice: number;
}

export interface PlannedCaps {
  readonly cpu?: PlannedCap;
  readonly memory?: PlannedCap;
  /** Σ over the chains of priority · (latency − SLO)/SLO where that is positive: what is as small as the caps let it be. */
  readonly violation: number;
  /** Services that got their least shape, or what was left over, because the caps cannot carry the load of all. */
  readonly starved: readonly string[];
}

export interface Plan {
  readonly services: readonly PlannedService[];
  readonly chains: readonly PlannedChain[];
  /** Cost of the shapes: Σ pricePerCore·cpu·instances + instanceCost·instances + pricePerMebibyte·memory·instances. */
  readonly cost: number;
  /** Cost of the continuous optimum, memory included in the same way with C/u instances. */
  readonly continuousCost: number;
  /** What no allocation can undercut (weak duality). */
  readonly lowerBound: number;
  /** (continuousCost − lowerBound) / continuousCost. */
  readonly gap: number;
  readonly iterations: number;
  readonly solveMs: number;
  /** Absent where there are no caps. */
  readonly caps?: PlannedCaps;
}
