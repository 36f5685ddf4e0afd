import {
  type ChainSpec,
  type ResourceAllocation,
  type ServiceSpec,
  type Topology,
  visitsByService,
} from '../../models/data-models.ts';
import { inPlaceParts } from '../../models/in-place.ts';
import type { PlanningChain, PlanningProblem, PlanningService } from '../../models/plans.ts';
import type { PlanRequest } from '../../models/ports.ts';
import type { LatencyProfile } from '../../models/profiles.ts';
import type { AllocationSettings } from '../../models/settings.ts';
import { EXPONENT, inPlaceChain, VERTICAL_EXPONENT } from './in-place-chain.ts';
import { type LearnedChain, LearnedChains, type ProfileReader } from './learned-chains.ts';
import { memoryFor } from './memory.ts';

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
  learned = new LearnedChains(),
): BuiltProblem {
  const known = new Map<string, LatencyProfile[]>();
  const unknown = new Set<string>();
  const chains: PlanningChain[] = [];
  const inPlace = inPlaceParts(request.topology);
  for (const chain of request.topology.chains.values()) {
    const rate = request.loads.get(chain.id);
    if (rate === undefined) continue;
    const ofChain = learned.learned(chain, profiles, settings.riskFactor);
    for (const [service, profile] of ofChain.profiles) addTo(known, service, profile);
    for (const service of ofChain.unknown) unknown.add(service);
    const correction = request.corrections?.get(chain.id) ?? 1;
    const isInPlace = inPlace.chains.has(chain.id);
    const planning = planningChain(chain, rate, correction, ofChain, settings, isInPlace);
    chains.push(isInPlace ? inPlaceChain(planning, ofChain.profiles) : planning);
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
    ...(spec.mode === 'in-place'
      ? { ownUtilization: exploredUtilization(profiles, request, settings.inPlaceUtilization) }
      : utilizationBound(profiles, present, request)),
    quantum: spec.mode === 'in-place' ? settings.inPlaceQuantum : settings.cpuQuantum,
    ...exponents(spec, profiles, request),
    memory: memoryFor(spec, present.memory, request.workingSets.get(spec.id)),
    ...(unplanned ? { fixed: present } : {}),
  };
}

function exponents(
  { id }: ServiceSpec,
  profiles: readonly LatencyProfile[],
  { topology }: PlanRequest,
): Pick<PlanningService, 'exponent' | 'verticalExponent'> {
  if (inPlaceParts(topology).services.has(id))
    return { exponent: EXPONENT, verticalExponent: VERTICAL_EXPONENT };
  const vertical = profiles.map((profile) => profile.verticalExponent);
  return {
    exponent: Math.max(1, ...profiles.map((profile) => profile.exponent)),
    verticalExponent: vertical.length === 0 ? 0 : Math.min(...vertical),
  };
}

/** What its windows show of an instance may be less than what is configured. */
function usableCores({ parallelism }: ServiceSpec, profiles: readonly LatencyProfile[]): number {
  return Math.min(parallelism, ...profiles.map((profile) => profile.parallelism ?? parallelism));
}

/** Where nothing was seen yet, waiting is small by any queueing formula. */
const KNOWN_UTILIZATION = 0.5;
/** One plan goes this far beyond what was seen; the next one knows what that did. */
const UTILIZATION_STEP = 0.03;

/** A curve says little of utilisations that no window has seen: a plan goes there step by step. */
function exploredUtilization(
  profiles: readonly LatencyProfile[],
  { topology, loads, recentLoads = loads }: PlanRequest,
  highest: number,
): number {
  const seen = Math.max(KNOWN_UTILIZATION, ...profiles.map(({ utilizationRange }) => utilizationRange[1]));
  const planned = demandOf(profiles, topology, loads);
  const recent = demandOf(profiles, topology, recentLoads);
  // Seen was what the load of a whole minute made of it; a plan is for more.
  const reserve = recent > 0 ? Math.max(1, planned / recent) : 1;
  return Math.min(highest, (seen + UTILIZATION_STEP) * reserve);
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
  isInPlace: boolean,
): PlanningChain {
  const { latencySeconds, priority } = chain.slo;
  const margin = isInPlace ? settings.inPlaceMargin : settings.sloMargin;
  return {
    id: chain.id,
    sloSeconds: latencySeconds,
    targetSeconds: latencySeconds * (1 - margin),
    priority,
    rate,
    composition: composition.factor * correction,
    overheadSeconds: composition.overheadSeconds,
    stages,
  };
}
