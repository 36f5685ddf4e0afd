/** What one pass has decided, in the form that is shown, stored and applied. */
import type { CapacityInForce, ResourceAllocation, ServiceMode } from './data-models.ts';

export type PassTrigger = 'interval' | 'in-place' | 'burn-rate' | 'load-jump' | 'request';

/** Why a service gets what it gets. Stable: dashboards and alerts key on them. Described in docs/reasons.md. */
export type ReasonCode =
  | 'meets-slo'
  | 'cheaper'
  | 'grow-for-slo'
  | 'grow-on-violation'
  | 'unmeetable-slo'
  | 'no-change'
  | 'no-data'
  | 'stale-data'
  | 'invalid-data'
  | 'warming-up'
  | 'errors'
  | 'low-confidence'
  | 'small-decrease'
  | 'stabilizing'
  | 'largest-step'
  | 'change-budget'
  | 'bounds'
  | 'target-unreadable'
  | 'autoscaled'
  | 'rolling-out'
  | 'change-failed'
  | 'frozen'
  | 'paused'
  | 'would-violate'
  | 'total-cap';

export type ServiceStatus = 'grow' | 'shrink' | 'reshape' | 'keep' | 'hold';

export interface ServiceDecision extends ResourceAllocation {
  readonly id: string;
  readonly mode: ServiceMode;
  readonly current: CapacityInForce;
  /** What the optimiser asked for before the guard; absent when it had no profile to plan with. */
  readonly planned?: ResourceAllocation;
  /** Cost that one core more of max_cpu, one instance more of max_instances would save; absent where it is nothing. */
  readonly maxCpuSaves?: number;
  readonly maxInstancesSaves?: number;
  readonly status: ServiceStatus;
  readonly reason: ReasonCode;
  /** One sentence that a person understands, with the figures. */
  readonly explanation: string;
}

export interface ChainDecision {
  readonly id: string;
  readonly sloSeconds: number;
  readonly percentile: number;
  /** Planned load, requests/s; absent when none is known. */
  readonly plannedRate?: number;
  /** At planned load with the decided allocation, s; absent when unknown or infinite. */
  readonly expectedLatency?: number;
  /** Latest measurement at the SLO's percentile, s; absent when there is none. */
  readonly observedLatency?: number;
  readonly feasible: boolean;
  readonly achievableLatency?: number;
  readonly binding: readonly string[];
  readonly shadowPrice: number;
  /** What 10 ms more of SLO would save, cores; absent where it is nothing. */
  readonly coresPer10Ms?: number;
  /** What its SLO costs and who carries it, in a sentence; absent for chains that were not planned. */
  readonly explanation?: string;
}

/** A cap on all services together. */
export interface CapDecision {
  readonly resource: 'cpu' | 'memory';
  /** cores or MiB, as all below. */
  readonly limit: number;
  /** What the plan without caps takes, what the plan takes, and what was decided after the guard. */
  readonly wanted: number;
  readonly planned: number;
  readonly used: number;
  readonly binds: boolean;
  /** Weighted violation that one more would save. */
  readonly shadowPrice: number;
  readonly explanation: string;
}

export interface Decision {
  readonly id: string;
  readonly atSeconds: number;
  readonly trigger: PassTrigger;
  /** `decided`: at least one service was planned; `held`: nothing could be; the reasons stand at the services. */
  readonly status: 'decided' | 'held';
  readonly services: readonly ServiceDecision[];
  readonly chains: readonly ChainDecision[];
  readonly cost: number;
  readonly lowerBound: number;
  readonly gap: number;
  /** Absent where there are no caps. */
  readonly caps?: readonly CapDecision[];
  readonly durationMs: number;
}
