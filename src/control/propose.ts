import type { ResourceAllocation, ServiceSpec, Topology } from '../models/data-models.ts';
import type { ReasonCode } from '../models/decisions.ts';
import type { PlannedChain, PlannedService } from '../models/plans.ts';
import type { PlanOutcome } from '../models/ports.ts';
import { type Draft, describeAllocation, describeLatency, formatNumber } from './draft.ts';
import { growOnViolation } from './grow-on-violation.ts';
import { describeCaps } from './guard/caps.ts';
import { limitUnprovenGrowth } from './limit-unproven-growth.ts';
import type { Observation } from './observe/observation.ts';
import type { ProposeContext } from './propose-context.ts';
import { compareCapacity } from './shapes.ts';

/** One draft a service: what the plan asks for, and more where a chain violates its SLO all the same. */
export function propose(outcome: PlanOutcome, context: ProposeContext): readonly Draft[] {
  const planned = new Map(outcome.plan.services.map((service) => [service.id, service]));
  const unplanned = new Set(outcome.unplanned);
  const tightest = tightestChains(outcome.plan.chains, context.settings.topology);
  const drafts = [...context.settings.topology.services.values()].map((service) => {
    const found = unplanned.has(service.id) ? undefined : planned.get(service.id);
    return limitUnprovenGrowth(draftOf(service, found, tightest.get(service.id), context), context);
  });
  return growOnViolation(drafts, context);
}

function draftOf(
  service: ServiceSpec,
  found: PlannedService | undefined,
  tightest: PlannedChain | undefined,
  context: ProposeContext,
): Draft {
  const baseline = context.baselines.get(service.id) ?? service.initial;
  if (found === undefined) {
    return {
      service,
      baseline,
      target: baseline,
      ...explainHold(service, baseline, context.observation, context.settings.control.staleAfter),
    };
  }
  const { cpu, instances } = found;
  // Where nothing is measured, memory is held where steps are counted from.
  const memory = context.measuredMemory.has(service.id) ? found.memory : baseline.memory;
  const planned = { cpu, memory, instances };
  return {
    service,
    baseline,
    planned,
    target: planned,
    ...explainPlan(service, baseline, { ...found, memory }, tightest, context),
  };
}

/** Why a service could not be planned: its chains fell silent, or too little has been seen of them at all. */
function explainHold(
  service: ServiceSpec,
  baseline: ResourceAllocation,
  { chains, atSeconds }: Observation,
  staleAfter: number,
): { reason: ReasonCode; explanation: string } {
  const stays = `Stays at ${describeAllocation(baseline)}`;
  for (const id of service.chains) {
    const { load, lastRecordSeconds } = chains.get(id) ?? {};
    const silence = atSeconds - (lastRecordSeconds ?? atSeconds);
    if (load !== undefined || silence <= staleAfter) continue;
    return {
      reason: 'stale-data',
      explanation: `${stays}: no record of ${id} for ${formatNumber(silence)} s.`,
    };
  }
  return {
    reason: 'no-data',
    explanation: `${stays}: too few answered requests of its chains have been seen here for a latency profile.`,
  };
}

function explainPlan(
  service: ServiceSpec,
  baseline: ResourceAllocation,
  planned: PlannedService,
  tightest: PlannedChain | undefined,
  { givenUp, settings }: ProposeContext,
): { reason: ReasonCode; explanation: string } {
  const what = describeAllocation(planned);
  const { caps } = settings.control;
  if (tightest?.feasible === true && givenUp.has(tightest.id) && caps !== undefined) {
    const { id, expectedLatency, sloSeconds } = tightest;
    const late = `${id} is expected at ${describeLatency(expectedLatency)} of ${describeLatency(sloSeconds)}`;
    return {
      reason: 'total-cap',
      explanation: `Planned ${what}: all services together may have ${describeCaps(caps)}, with which ${late}.`,
    };
  }
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
