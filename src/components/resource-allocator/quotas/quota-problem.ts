/** What is planned for services that are resized in place: quotas under which few requests of every chain are slow. */

/** A request for CPU is taken for the quota, also where the limit is higher: what is over it is nobody's to count on. */
export interface QuotaService {
  readonly id: string;
  /** d₀, cores. */
  readonly baselineCores: number;
  readonly minCpu: number;
  readonly maxCpu: number;
  readonly minInstances: number;
  readonly maxInstances: number;
  /** Cores that one instance can use at once. */
  readonly parallelism: number;
  /** How far its instances share their quotas: 0 each visit meets that of one of them, 1 they are as good as one. */
  readonly pooling: number;
  /** Grid of cpu. */
  readonly quantum: number;
  /** What an instance costs beside its cpu, in cores. */
  readonly instancePrice: number;
  readonly present: Shape;
  /** Nothing is known of it: it stays as it is, and nobody waits there. */
  readonly isFixed: boolean;
}

export interface QuotaChain {
  readonly id: string;
  /** λ, requests/s. */
  readonly rate: number;
  /** What a request has left until its objective when nobody waits, s. */
  readonly slackSeconds: number;
  /** `delayWeights` of the slack, where it is worked out already. */
  readonly weights?: Float64Array;
  /** Share of the requests that may be slow, in (0, 1). */
  readonly budget: number;
  readonly visits: readonly QuotaVisit[];
}

/** All visits of one request to a service. */
export interface QuotaVisit {
  readonly service: string;
  readonly visits: number;
  /** d, core-seconds of one. */
  readonly demand: number;
}

export interface Shape {
  readonly cpu: number;
  readonly instances: number;
}

export interface QuotaPlan {
  /** By service. */
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly chains: ReadonlyMap<string, PlannedShare>;
}

export interface PlannedShare {
  /** Cores that a budget of one more would save. */
  readonly price: number;
  /** Services that make most of its requests slow, the worst first. */
  readonly binding: readonly string[];
  /** Waits for cores, which no quota ends, leave less than a fifth of the budget for throttling, or a service is full. */
  readonly isMeetable: boolean;
}

/** Of a budget, what is left for throttling where waiting for cores takes more. */
export const LEAST_FOR_THROTTLING = 0.2;

/** Whether waits for cores, which no quota ends, leave less than that of the budget of a chain. */
export function isCrowded({ budget }: QuotaChain, contended: number): boolean {
  return contended > (1 - LEAST_FOR_THROTTLING) * budget;
}
