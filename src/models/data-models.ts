/**
 * The things that DTA-SLO reasons about: services, the chains that pass through them, and what a service is given.
 *
 * Units everywhere unless a name says otherwise: cpu in cores, memory in MiB, times in seconds, rates per second.
 */

/** What a service is given: cores and MiB *of one instance*, and how many instances. */
export interface ResourceAllocation {
  readonly cpu: number;
  readonly memory: number;
  readonly instances: number;
}

/**
 * Where the knowledge of a capacity comes from, the most trusted first: reported by the cluster, told by
 * `POST /services/{service}/applied`, our last recommendation (`control.assume_applied`), the configured start.
 */
export type CapacitySource = 'cluster' | 'applied' | 'recommendation' | 'initial';

/** What a service runs with since `sinceSeconds`. Profiles are fitted against this, never against a wish. */
export interface CapacityInForce extends ResourceAllocation {
  readonly source: CapacitySource;
  readonly sinceSeconds: number;
  /** What one instance may use at most, cores, where that is not `cpu`: profiles are fitted against it. */
  readonly cpuLimit?: number;
}

/** Latency objective of a chain. */
export interface Slo {
  /** End-to-end latency bound, s. */
  readonly latencySeconds: number;
  /** The percentile that is held to the bound, as a fraction in (0, 1), for example 0.95. */
  readonly percentile: number;
  /** Share of requests that must be answered without error within the bound; the error budget is 1 − objective. */
  readonly objective: number;
  /** Weight when not every chain can be served; 1 is normal, larger is more important. */
  readonly priority: number;
}

export type ServiceMode = 'recommend' | 'rolling' | 'in-place';
/** Those that can be chosen. */
export const AVAILABLE_MODES = ['recommend', 'rolling', 'in-place'] as const satisfies readonly ServiceMode[];

export interface ServiceSpec {
  readonly id: string;
  /** Chains that pass through the service. */
  readonly chains: readonly string[];
  readonly minCpu: number;
  readonly maxCpu: number;
  readonly minMemory: number;
  readonly maxMemory: number;
  readonly minInstances: number;
  readonly maxInstances: number;
  /** Cores that one instance can use at most. */
  readonly parallelism: number;
  readonly mode: ServiceMode;
  readonly limits: 'follow' | 'keep' | 'none';
  readonly initial: ResourceAllocation;
  readonly namespace?: string;
  readonly deployment?: string;
  readonly container?: string;
}

/** One service on the way of a chain and how often one request of the chain visits it there. */
export interface Visit {
  readonly service: string;
  readonly visits: number;
  /** These visits stand in another branch of the stage too, which has them in common with this one: they are paid once. */
  readonly again?: true;
}

/** Services in sequence. */
export type Branch = readonly Visit[];

/**
 * Branches in parallel; the slowest decides. A branch that has a stage in it is there once for each way through that stage,
 * with what the ways have in common marked as `again` from the second on.
 */
export type Stage = readonly Branch[];

export interface ChainSpec {
  readonly id: string;
  /** Stages in sequence. Never empty. */
  readonly stages: readonly Stage[];
  readonly slo: Slo;
}

export interface Topology {
  readonly services: ReadonlyMap<string, ServiceSpec>;
  readonly chains: ReadonlyMap<string, ChainSpec>;
}

const knownVisits = new WeakMap<ChainSpec, ReadonlyMap<string, number>>();

/** All visits that one request of the chain pays to each of its services: v_cs of DESIGN section 3. */
export function visitsByService(chain: ChainSpec): ReadonlyMap<string, number> {
  let visits = knownVisits.get(chain);
  if (visits === undefined) {
    visits = countVisits(chain);
    knownVisits.set(chain, visits);
  }
  return visits;
}

function countVisits(chain: ChainSpec): ReadonlyMap<string, number> {
  const visits = new Map<string, number>();
  for (const visit of chain.stages.flat(2)) {
    if (visit.again === true) continue;
    visits.set(visit.service, (visits.get(visit.service) ?? 0) + visit.visits);
  }
  return visits;
}
