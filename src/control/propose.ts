import {
  type ChainSpec,
  type ResourceAllocation,
  type ServiceSpec,
  type Topology,
  visitsByService,
} from '../models/data-models.ts';
import type { ReasonCode } from '../models/decisions.ts';
import type { PlannedChain, PlannedService } from '../models/plans.ts';
import type { PlanOutcome, ProfileLearner } from '../models/ports.ts';
import type { Settings } from '../models/settings.ts';
import type { CapacityBook } from './books/capacity-book.ts';
import { type Draft, describeAllocation, describeLatency, formatNumber } from './draft.ts';
import type { Observation } from './observe/observation.ts';
import { capacityCores, compareCapacity, noLessThan, shapeFor, withinBounds } from './shapes.ts';

export interface ProposeContext {
  readonly settings: Settings;
  readonly observation: Observation;
  readonly profiles: ProfileLearner;
  readonly capacities: CapacityBook;
  /** Where steps are counted from. */
  readonly baselines: ReadonlyMap<string, ResourceAllocation>;
}

/** One draft a service: what the plan asks for, and more where a chain violates its SLO all the same. */
export function propose(outcome: PlanOutcome, context: ProposeContext): readonly Draft[] {
  const planned = new Map(outcome.plan.services.map((service) => [service.id, service]));
  const unplanned = new Set(outcome.unplanned);
  const tightest = tightestChains(outcome.plan.chains, context.settings.topology);
  const drafts = [...context.settings.topology.services.values()].map((service) => {
    const found = unplanned.has(service.id) ? undefined : planned.get(service.id);
    return draftOf(service, found, tightest.get(service.id), context);
  });
  return growOnViolation(drafts, context);
}

function draftOf(
  service: ServiceSpec,
  found: PlannedService | undefined,
  tightest: PlannedChain | undefined,
  context: ProposeContext,
): Draft {
  const baseline = withinBounds(service, context.baselines.get(service.id) ?? service.initial);
  if (found === undefined) {
    return { service, baseline, target: baseline, ...explainHold(service, baseline, context.observation) };
  }
  const { cpu, memory, instances } = found;
  const planned = { cpu, memory, instances };
  return { service, baseline, planned, target: planned, ...explainPlan(service, baseline, found, tightest) };
}

/** Why a service could not be planned: its chains fell silent, or too little has been seen of them at all. */
function explainHold(
  service: ServiceSpec,
  baseline: ResourceAllocation,
  { chains, atSeconds }: Observation,
): { reason: ReasonCode; explanation: string } {
  const stays = `Stays at ${describeAllocation(baseline)}`;
  for (const id of service.chains) {
    const { load, lastRecordSeconds } = chains.get(id) ?? {};
    if (load !== undefined || lastRecordSeconds === undefined) continue;
    const silence = formatNumber(atSeconds - lastRecordSeconds);
    return { reason: 'stale-data', explanation: `${stays}: no record of ${id} for ${silence} s.` };
  }
  return {
    reason: 'no-data',
    explanation: `${stays}: too few requests have been seen for a latency profile.`,
  };
}

function explainPlan(
  service: ServiceSpec,
  baseline: ResourceAllocation,
  planned: PlannedService,
  tightest: PlannedChain | undefined,
): { reason: ReasonCode; explanation: string } {
  const what = describeAllocation(planned);
  if (tightest !== undefined && !tightest.feasible) {
    const best = describeLatency(tightest.achievableLatency);
    return {
      reason: 'unmeetable-slo',
      explanation: `${tightest.id} cannot meet ${describeLatency(tightest.sloSeconds)} within the bounds (best: ${best}); planned ${what}.`,
    };
  }
  const why = `${formatNumber(planned.utilization * 100)} % busy at the planned load${expectation(tightest)}`;
  const change = compareCapacity(service, planned, baseline);
  if (change > 0) return { reason: 'grow-for-slo', explanation: `Grows to ${what}: ${why}.` };
  if (change < 0) return { reason: 'cheaper', explanation: `Shrinks to ${what}: ${why}.` };
  return { reason: 'meets-slo', explanation: `Planned ${what}: ${why}.` };
}

function expectation(chain: PlannedChain | undefined): string {
  if (chain === undefined) return '';
  return `; ${chain.id} is expected at ${describeLatency(chain.expectedLatency)} of ${describeLatency(chain.sloSeconds)}`;
}

/** Of the chains through each service the one that is nearest to its SLO. */
function tightestChains(
  chains: readonly PlannedChain[],
  topology: Topology,
): ReadonlyMap<string, PlannedChain> {
  const tightest = new Map<string, PlannedChain>();
  for (const chain of chains) {
    const spec = topology.chains.get(chain.id);
    for (const visit of spec?.stages.flat(2) ?? []) {
      const before = tightest.get(visit.service);
      if (before === undefined || closeness(chain) > closeness(before)) tightest.set(visit.service, chain);
    }
  }
  return tightest;
}

function closeness(chain: PlannedChain): number {
  return chain.feasible ? chain.expectedLatency / chain.sloSeconds : Number.POSITIVE_INFINITY;
}

/**
 * A prior is pessimistic for shrinking only, and a fitted profile can be wrong: where a chain is over its SLO and the
 * plan would leave its services as they are, those without a fitted profile (all, if every one has) grow by the
 * largest step from the capacity in force (DESIGN section 3, "Cold start").
 */
function growOnViolation(drafts: readonly Draft[], context: ProposeContext): readonly Draft[] {
  const growing = new Map<string, ChainSpec>();
  for (const chain of context.settings.topology.chains.values()) {
    if (context.observation.chains.get(chain.id)?.violating !== true) continue;
    const visited = visitsByService(chain);
    const onTheWay = drafts.filter((draft) => visited.has(draft.service.id));
    const unfitted = onTheWay.filter((draft) => !isFitted(context.profiles, draft.service.id, chain.id));
    const candidates =
      unfitted.length > 0 ? unfitted : onTheWay.some((draft) => grows(draft, context)) ? [] : onTheWay;
    for (const draft of candidates) growing.set(draft.service.id, chain);
  }
  return drafts.map((draft) => {
    const chain = growing.get(draft.service.id);
    return chain === undefined ? draft : grownByStep(draft, chain, context);
  });
}

function isFitted(profiles: ProfileLearner, service: string, chain: string): boolean {
  const profile = profiles.profile(service, chain);
  return profile.kind === 'profile' && profile.source === 'fitted';
}

function grows(draft: Draft, { capacities }: ProposeContext): boolean {
  const present = capacities.inForce(draft.service.id);
  return present !== undefined && compareCapacity(draft.service, draft.target, present) > 0;
}

function grownByStep(
  draft: Draft,
  chain: ChainSpec,
  { settings, capacities, observation }: ProposeContext,
): Draft {
  const { service } = draft;
  const present = withinBounds(service, capacities.inForce(service.id) ?? service.initial);
  const cores = capacityCores(service, present) * settings.control.largestStep;
  const shape = shapeFor(service, cores, present.instances, settings.allocation.cpuQuantum);
  const target = noLessThan(
    service,
    noLessThan(service, { ...draft.target, ...shape }, draft.target),
    draft.baseline,
  );
  if (compareCapacity(service, target, draft.target) <= 0) return draft;
  const observed = observation.chains.get(chain.id)?.observedLatency;
  const seen = observed === undefined ? 'is failing' : `is at ${describeLatency(observed)}`;
  return {
    ...draft,
    target,
    reason: 'grow-on-violation',
    explanation: `Grows to ${describeAllocation(target)}, a step of ${formatNumber(settings.control.largestStep)} ×: ${chain.id} ${seen} of ${describeLatency(chain.slo.latencySeconds)} with what is in force.`,
  };
}
