import {
  type ChainSpec,
  type ResourceAllocation,
  type ServiceSpec,
  type Topology,
  visitsByService,
} from '../../models/data-models.ts';
import type { PlanningChain, PlanningProblem, PlanningService } from '../../models/plans.ts';
import type { PlanRequest } from '../../models/ports.ts';
import type { LatencyProfile } from '../../models/profiles.ts';
import type { AllocationSettings } from '../../models/settings.ts';
import { type LearnedChain, LearnedChains, type ProfileReader } from './learned-chains.ts';
import { memoryFor } from './memory.ts';

export interface BuiltProblem {
  readonly problem: PlanningProblem;
  /** Ids of services that stay at the capacity in force because nothing, or not enough, is known of them. */
  readonly unplanned: readonly string[];
  /** By chain with a load. */
  readonly learned: ReadonlyMap<string, LearnedChain>;
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
  learned = new LearnedChains(),
): BuiltProblem {
  const known = new Map<string, LatencyProfile[]>();
  const unknown = new Set<string>();
  const chains: PlanningChain[] = [];
  const learnedChains = new Map<string, LearnedChain>();
  for (const chain of request.topology.chains.values()) {
    const rate = request.loads.get(chain.id);
    if (rate === undefined) continue;
    const ofChain = learned.learned(chain, profiles, settings.riskFactor);
    for (const [service, profile] of ofChain.profiles) addTo(known, service, profile);
    for (const service of ofChain.unknown) unknown.add(service);
    learnedChains.set(chain.id, ofChain);
    const correction = request.corrections?.get(chain.id) ?? 1;
    chains.push(planningChain(chain, rate, correction, ofChain, settings));
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
    learned: learnedChains,
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
    quantum: spec.mode === 'in-place' ? settings.inPlaceQuantum : settings.cpuQuantum,
    exponent: Math.max(1, ...profiles.map((profile) => profile.exponent)),
    verticalExponent:
      profiles.length === 0 ? 0 : Math.min(...profiles.map((profile) => profile.verticalExponent)),
    memory: memoryFor(spec, present.memory, request.workingSets.get(spec.id)),
    ...(unplanned ? { fixed: present } : {}),
  };
}

/** What its windows show of an instance may be less than what is configured. */
function usableCores({ parallelism }: ServiceSpec, profiles: readonly LatencyProfile[]): number {
  return Math.min(parallelism, ...profiles.map((profile) => profile.parallelism ?? parallelism));
}

/** D of a service, cores. */
function demandOf(
  profiles: readonly LatencyProfile[],
  topology: Topology,
  loads: ReadonlyMap<string, number>,
): number {
  let demand = profiles[0]?.baselineCores ?? 0;
  for (const { service, chain, demandCoreSeconds } of profiles) {
    const visits = visitsByService(topology.chains.get(chain)!).get(service) ?? 0;
    demand += (loads.get(chain) ?? 0) * visits * demandCoreSeconds;
  }
  return demand;
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
  const demand = demandOf(profiles, topology, loads);
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
  { composition, stages }: LearnedChain,
  settings: AllocationSettings,
): PlanningChain {
  const { latencySeconds, priority } = chain.slo;
  return {
    id: chain.id,
    sloSeconds: latencySeconds,
    targetSeconds: latencySeconds * (1 - settings.sloMargin),
    priority,
    rate,
    composition: composition.factor * correction,
    overheadSeconds: composition.overheadSeconds,
    stages,
  };
}
