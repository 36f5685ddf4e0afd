import type { ResourceAllocation } from '../models/data-models.ts';
import type {
  ChainDecision,
  Decision,
  PassTrigger,
  ServiceDecision,
  ServiceStatus,
} from '../models/decisions.ts';
import type { Caps, Plan, PlannedService } from '../models/plans.ts';
import type { PlanRequest } from '../models/ports.ts';
import type { AllocationSettings } from '../models/settings.ts';
import { chainsGivenUp } from './caps.ts';
import { type Draft, describeAllocation } from './draft.ts';
import { explainBounds, explainCaps, explainChain } from './explain-plan.ts';
import type { Observation } from './observe/observation.ts';
import type { ControlParts } from './parts.ts';
import { REASONS } from './reasons.ts';
import { compareCapacity, sameAllocation } from './shapes.ts';

export interface DecideInput {
  readonly id: string;
  readonly trigger: PassTrigger;
  readonly observation: Observation;
  readonly request: PlanRequest;
  readonly plan: Plan;
  readonly drafts: readonly Draft[];
  /** End-to-end latency of each chain at the planned load with what was decided, s. */
  readonly expected: ReadonlyMap<string, number>;
  readonly durationMs: number;
}

/** Puts together what is shown, stored and applied. */
export function decide(parts: ControlParts, input: DecideInput): Decision {
  const { plan, drafts } = input;
  const givenUp = chainsGivenUp(plan);
  const planned = new Map(plan.services.map((service) => [service.id, service]));
  return {
    id: input.id,
    atSeconds: input.observation.atSeconds,
    trigger: input.trigger,
    status: drafts.some(isDecided) ? 'decided' : 'held',
    services: drafts.map((draft) => serviceDecision(parts, draft, planned.get(draft.service.id), plan.cost)),
    chains: [...parts.settings.topology.chains.keys()].map((id) => chainDecision(parts, id, input, givenUp)),
    cost: drafts.reduce((sum, { target }) => sum + costOf(target, parts.settings.allocation), 0),
    lowerBound: plan.lowerBound,
    gap: plan.gap,
    ...(plan.caps !== undefined && { caps: explainCaps(plan, givenUp, useOf(drafts)) }),
    durationMs: input.durationMs,
  };
}

/** What was decided takes, cores and MiB. */
function useOf(drafts: readonly Draft[]): Required<Caps> {
  const sum = (of: (target: ResourceAllocation) => number) =>
    drafts.reduce((total, { target }) => total + target.instances * of(target), 0);
  return { cpu: sum(({ cpu }) => cpu), memory: sum(({ memory }) => memory) };
}

function isDecided({ planned, target, baseline }: Draft): boolean {
  return planned !== undefined || !sameAllocation(target, baseline);
}

export function costOf(
  { cpu, memory, instances }: ResourceAllocation,
  { pricePerCore, pricePerMebibyte, instanceCost }: AllocationSettings,
): number {
  return instances * (pricePerCore * cpu + pricePerMebibyte * memory + instanceCost);
}

function serviceDecision(
  { capacities }: ControlParts,
  draft: Draft,
  found: PlannedService | undefined,
  cost: number,
): ServiceDecision {
  const { service, target, planned } = draft;
  const current = capacities.inForce(service.id) ?? {
    ...service.initial,
    source: 'initial',
    sinceSeconds: 0,
  };
  const bounds = planned === undefined || found === undefined ? '' : explainBounds(found, cost);
  const unchanged = sameAllocation(target, draft.baseline) && draft.reason === 'meets-slo';
  return {
    id: service.id,
    mode: service.mode,
    ...target,
    current,
    ...(planned !== undefined && { planned }),
    ...(found?.maxCpuSaves !== undefined && { maxCpuSaves: found.maxCpuSaves }),
    ...(found?.maxInstancesSaves !== undefined && { maxInstancesSaves: found.maxInstancesSaves }),
    status: statusOf(draft),
    reason: unchanged ? 'no-change' : draft.reason,
    explanation: `${unchanged ? `Stays at ${describeAllocation(target)}. ` : ''}${draft.explanation}${bounds}${inForceNote(draft, current)}`,
  };
}

/** Steps are counted from the last recommendation; where something else runs, the sentence says so. */
function inForceNote({ baseline }: Draft, current: ResourceAllocation): string {
  return sameAllocation(baseline, current) ? '' : ` In force: ${describeAllocation(current)}.`;
}

function statusOf({ service, baseline, target, reason }: Draft): ServiceStatus {
  const change = compareCapacity(service, target, baseline);
  if (change > 0) return 'grow';
  if (change < 0) return 'shrink';
  if (target.memory !== baseline.memory) return target.memory > baseline.memory ? 'grow' : 'shrink';
  if (!sameAllocation(target, baseline)) return 'reshape';
  return REASONS[reason].holds ? 'hold' : 'keep';
}

function chainDecision(
  { settings }: ControlParts,
  id: string,
  { observation, request, plan, expected }: DecideInput,
  givenUp: ReadonlySet<string>,
): ChainDecision {
  const plannedRate = request.loads.get(id);
  const { slo } = settings.topology.chains.get(id)!;
  const planned = plan.chains.find((chain) => chain.id === id);
  const expectedLatency = finite(expected.get(id));
  const observedLatency = finite(observation.chains.get(id)?.observedLatency);
  // Of a chain through a service that is not known the plan knows a part only.
  const achievableLatency = expected.has(id) ? finite(planned?.achievableLatency) : undefined;
  return {
    id,
    sloSeconds: slo.latencySeconds,
    percentile: slo.percentile,
    ...(plannedRate !== undefined && { plannedRate }),
    ...(expectedLatency !== undefined && { expectedLatency }),
    ...(observedLatency !== undefined && { observedLatency }),
    ...(achievableLatency !== undefined && { achievableLatency }),
    feasible: planned?.feasible ?? true,
    binding: planned?.binding ?? [],
    shadowPrice: planned?.shadowPrice ?? 0,
    ...(planned?.coresPer10Ms !== undefined && { coresPer10Ms: planned.coresPer10Ms }),
    ...(planned !== undefined && expected.has(id) && { explanation: explainChain(planned, givenUp) }),
  };
}

function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}
