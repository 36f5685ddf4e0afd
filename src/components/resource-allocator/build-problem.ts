import type { Branch, ChainSpec, ResourceAllocation, ServiceSpec } from '../../models/data-models.ts';
import { visitsByService } from '../../models/data-models.ts';
import type { PlanningChain, PlanningProblem, PlanningService, PlanningVisit } from '../../models/plans.ts';
import type { PlanRequest, ProfileLearner } from '../../models/ports.ts';
import type { Composition, LatencyProfile } from '../../models/profiles.ts';
import type { AllocationSettings } from '../../models/settings.ts';
import { memoryFor } from './memory.ts';

/** What the allocator reads of the quantifier. */
export type ProfileReader = Pick<ProfileLearner, 'profile' | 'composition'>;

export interface BuiltProblem {
  readonly problem: PlanningProblem;
  /** Ids of services that stay at the capacity in force because nothing, or not enough, is known of them. */
  readonly unplanned: readonly string[];
}

/**
 * The planning problem of a request. Chains without a known load constrain nothing. A service is `unplanned` when one
 * of the loaded chains through it has no profile there, or when no loaded chain comes to it at all; visits without a
 * profile are left out of their chain.
 */
export function buildProblem(
  request: PlanRequest,
  profiles: ProfileReader,
  settings: AllocationSettings,
): BuiltProblem {
  const known = new Map<string, LatencyProfile[]>();
  const unknown = new Set<string>();
  const chains: PlanningChain[] = [];
  for (const chain of request.topology.chains.values()) {
    const rate = request.loads.get(chain.id);
    if (rate === undefined) continue;
    const ofChain = new Map<string, LatencyProfile>();
    for (const service of visitsByService(chain).keys()) {
      const profile = profiles.profile(service, chain.id);
      if (profile.kind === 'profile') {
        addTo(known, service, profile);
        ofChain.set(service, profile);
      } else unknown.add(service);
    }
    const composition = profiles.composition(chain.id);
    const correction = request.corrections?.get(chain.id) ?? 1;
    chains.push(planningChain(chain, rate, correction, composition, ofChain, settings));
  }
  const specs = [...request.topology.services.values()];
  const isUnplanned = (spec: ServiceSpec) => unknown.has(spec.id) || !known.has(spec.id);
  return {
    problem: {
      services: specs.map((spec) =>
        planningService(spec, known.get(spec.id) ?? [], isUnplanned(spec), request, settings),
      ),
      chains,
      ...(request.caps !== undefined && { caps: request.caps }),
    },
    unplanned: specs.filter(isUnplanned).map((spec) => spec.id),
  };
}

function addTo(known: Map<string, LatencyProfile[]>, service: string, profile: LatencyProfile): void {
  const ofService = known.get(service);
  if (ofService === undefined) known.set(service, [profile]);
  else ofService.push(profile);
}

/** The shape that a service has now: what is in force, else what it is configured to start with. */
export function presentShape(request: PlanRequest, spec: ServiceSpec): ResourceAllocation {
  const { cpu, memory, instances } = request.capacities.get(spec.id) ?? spec.initial;
  return { cpu, memory, instances };
}

function planningService(
  spec: ServiceSpec,
  profiles: readonly LatencyProfile[],
  unplanned: boolean,
  request: PlanRequest,
  settings: AllocationSettings,
): PlanningService {
  const present = presentShape(request, spec);
  const leastCpu = leastCpuFor(profiles, present);
  return {
    id: spec.id,
    ...(leastCpu > 0 && { leastCpu }),
    pricePerCore: settings.pricePerCore,
    pricePerMebibyte: settings.pricePerMebibyte,
    instanceCost: settings.instanceCost,
    minCpu: spec.minCpu,
    maxCpu: spec.maxCpu,
    minInstances: spec.minInstances,
    maxInstances: spec.maxInstances,
    parallelism: usableCores(spec, profiles),
    baselineCores: profiles[0]?.baselineCores ?? 0,
    ...utilizationBound(profiles, present, request),
    quantum: settings.cpuQuantum,
    exponent: Math.max(1, ...profiles.map((profile) => profile.exponent)),
    verticalExponent: profiles[0] === undefined ? 0 : Math.min(...profiles.map((p) => p.verticalExponent)),
    memory: memoryFor(spec, present.memory, request.workingSets.get(spec.id)),
    ...(unplanned ? { fixed: present } : {}),
  };
}

/** What its windows show of an instance may be less than what is configured. */
function usableCores({ parallelism }: ServiceSpec, profiles: readonly LatencyProfile[]): number {
  return Math.min(parallelism, ...profiles.map((profile) => profile.parallelism ?? parallelism));
}

/**
 * A plan does not go into utilisations at which the service was seen throttled; at the one that it would have with the
 * capacity in force it may stay: whether that is too much, latencies say.
 */
function utilizationBound(
  profiles: readonly LatencyProfile[],
  { cpu, instances }: ResourceAllocation,
  { topology, loads }: PlanRequest,
): { maxUtilization?: number } {
  const onset = Math.min(...profiles.map((profile) => profile.throttledUtilization ?? 1));
  if (!(onset < 1)) return {};
  let demand = profiles[0]?.baselineCores ?? 0;
  for (const { service, chain, demandCoreSeconds } of profiles) {
    const visits = visitsByService(topology.chains.get(chain)!).get(service) ?? 0;
    demand += (loads.get(chain) ?? 0) * visits * demandCoreSeconds;
  }
  return { maxUtilization: Math.min(1, Math.max(onset, demand / (cpu * instances))) };
}

/** Confidence from which a floor of cpu counts in full; below it in proportion. */
const SURE = 0.5;
/** A floor raises the cpu in force by at most this factor in one plan: the next one sees whether it was right. */
const LARGEST_RISE = 2;

/** Cores that the visits of every chain need, as far as that is known well. */
function leastCpuFor(profiles: readonly LatencyProfile[], present: ResourceAllocation): number {
  const floors = profiles.map(({ leastCpu = 0, confidence }) => leastCpu * Math.min(1, confidence / SURE));
  return Math.min(LARGEST_RISE * present.cpu, Math.max(0, ...floors));
}

function planningChain(
  chain: ChainSpec,
  rate: number,
  correction: number,
  composition: Composition,
  profiles: ReadonlyMap<string, LatencyProfile>,
  settings: AllocationSettings,
): PlanningChain {
  const { percentile, latencySeconds, priority } = chain.slo;
  const isMeasured = composition.windows > 0;
  return {
    id: chain.id,
    sloSeconds: latencySeconds,
    targetSeconds: latencySeconds * (1 - settings.sloMargin),
    priority,
    rate,
    composition: composition.factor * correction,
    overheadSeconds: composition.overheadSeconds,
    stages: chain.stages.map((stage) => {
      const factor = isMeasured ? 1 : slowestOf(stage.length, percentile);
      return stage.map((branch) => planningVisits(branch, profiles, factor, settings.riskFactor));
    }),
  };
}

/**
 * What turns a p-quantile into the (1 − (1−p)/m)-quantile, so that the slowest of m branches keeps p: for an
 * exponential tail quantiles grow like −ln(1 − p), hence ln((1−p)/m) / ln(1−p). 1 for a single branch.
 */
export function slowestOf(branches: number, percentile: number): number {
  return Math.log((1 - percentile) / branches) / Math.log(1 - percentile);
}

function planningVisits(
  branch: Branch,
  profiles: ReadonlyMap<string, LatencyProfile>,
  factor: number,
  riskFactor: number,
): PlanningVisit[] {
  const planned: PlanningVisit[] = [];
  for (const { service, visits } of branch) {
    const profile = profiles.get(service);
    if (profile === undefined) continue;
    const cautious = factor * profile.upperFactor ** riskFactor;
    planned.push({
      service,
      visits,
      demand: profile.demandCoreSeconds,
      floor: cautious * profile.floorSeconds,
      queueing: cautious * profile.queueingSeconds,
    });
    for (const { service: caller, queueingSeconds } of profile.upstream ?? [])
      planned.push({ service: caller, visits, demand: 0, floor: 0, queueing: cautious * queueingSeconds });
  }
  return planned;
}
