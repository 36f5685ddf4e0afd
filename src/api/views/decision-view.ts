/** A decision as the API answers it. */
import { type Static, Type } from 'typebox';
import type { ResourceAllocation } from '../../models/data-models.ts';
import type { ChainDecision, Decision, ServiceDecision } from '../../models/decisions.ts';
import { Allocation, Figure, figure, UnixSeconds } from '../schemas.ts';
import { Frozen, Paused } from './operator-view.ts';
import { BoundPrices, boundPricesView, Cap, capsView, SloPrice, sloPriceView } from './price-view.ts';

export const CurrentCapacity = Type.Object({
  ...Allocation,
  source: Type.String({ description: 'cluster, applied, recommendation or initial: who says so.' }),
});

export const ChangeSummary = Type.Object({
  decision_id: Type.String(),
  status: Type.String({ description: 'writing (under way), applied, restored, failed, refused or held.' }),
  detail: Type.String(),
  at: UnixSeconds,
});

export const ServiceAllocation = Type.Object({
  id: Type.String(),
  ...Allocation,
  current: CurrentCapacity,
  mode: Type.String({ description: 'recommend, rolling or in-place.' }),
  mode_source: Type.Optional(
    Type.String({ description: 'configuration, or operator: set at run time. Of the present only.' }),
  ),
  status: Type.String({ description: 'grow, shrink, reshape, keep or hold.' }),
  reason: Type.String({ description: 'Reason code; docs/reasons.md describes each.' }),
  explanation: Type.String(),
  ...BoundPrices,
  planned: Type.Union([Type.Object(Allocation), Type.Null()], {
    description: 'What the optimiser asked for before the guard.',
  }),
  change: Type.Optional(
    Type.Union([ChangeSummary, Type.Null()], {
      description: 'Its latest change in the cluster; not in the history.',
    }),
  ),
});
export type ServiceAllocation = Static<typeof ServiceAllocation>;

export const ChainAllocation = Type.Object({
  id: Type.String(),
  slo: Type.Number({ description: 'Seconds.' }),
  percentile: Type.Number(),
  planned_rate: Figure,
  expected_latency: Figure,
  observed_latency: Figure,
  feasible: Type.Union([Type.Boolean(), Type.Null()]),
  achievable_latency: Figure,
  binding: Type.Array(Type.String()),
  ...SloPrice,
});
export type ChainAllocation = Static<typeof ChainAllocation>;

export const Allocations = Type.Object({
  paused: Type.Optional(Paused),
  frozen: Type.Optional(Frozen),
  mode: Type.String({ description: 'recommend, rolling or in-place; mixed when the services differ.' }),
  generated_at: Type.Union([UnixSeconds, Type.Null()]),
  decision_id: Type.Union([Type.String(), Type.Null()]),
  trigger: Type.Union([Type.String(), Type.Null()]),
  status: Type.String({ description: 'waiting (no pass yet), decided or held.' }),
  services: Type.Array(ServiceAllocation),
  chains: Type.Array(ChainAllocation),
  caps: Type.Array(Cap, { description: 'Caps on all services together; empty where there are none.' }),
  cost: Figure,
  lower_bound: Figure,
  gap: Figure,
});
export type Allocations = Static<typeof Allocations>;

export function decisionView(decision: Decision): Allocations {
  return {
    mode: modeOf(decision.services.map((service) => service.mode)),
    generated_at: decision.atSeconds,
    decision_id: decision.id,
    trigger: decision.trigger,
    status: decision.status,
    services: decision.services.map(serviceView),
    chains: decision.chains.map(chainView),
    caps: capsView(decision.caps),
    cost: figure(decision.cost),
    lower_bound: figure(decision.lowerBound),
    gap: figure(decision.gap),
  };
}

/** The mode that all services share. */
export function modeOf(modes: readonly string[]): string {
  const distinct = new Set(modes);
  return distinct.size > 1 ? 'mixed' : ([...distinct][0] ?? 'recommend');
}

export function allocationView({ cpu, memory, instances }: ResourceAllocation) {
  return { cpu, memory, instances };
}

function serviceView(service: ServiceDecision): ServiceAllocation {
  return {
    id: service.id,
    ...allocationView(service),
    current: { ...allocationView(service.current), source: service.current.source },
    mode: service.mode,
    status: service.status,
    reason: service.reason,
    explanation: service.explanation,
    ...boundPricesView(service),
    planned: service.planned === undefined ? null : allocationView(service.planned),
  };
}

function chainView(chain: ChainDecision): ChainAllocation {
  return {
    id: chain.id,
    slo: chain.sloSeconds,
    percentile: chain.percentile,
    planned_rate: figure(chain.plannedRate),
    expected_latency: figure(chain.expectedLatency),
    observed_latency: figure(chain.observedLatency),
    feasible: chain.feasible,
    achievable_latency: figure(chain.achievableLatency),
    binding: [...chain.binding],
    ...sloPriceView(chain),
  };
}
