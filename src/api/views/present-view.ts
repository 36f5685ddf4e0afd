/** The allocations of this moment: the latest decision, or what runs while there is none. */
import type { Static } from 'typebox';
import type { Daemon } from '../../models/daemon.ts';
import type { ChainSpec, ServiceSpec } from '../../models/data-models.ts';
import {
  type Allocations,
  allocationView,
  type ChainAllocation,
  type ChangeSummary,
  decisionView,
  modeOf,
  type ServiceAllocation,
} from './decision-view.ts';
import { frozenView, modeSource, pausedView } from './operator-view.ts';

/**
 * The latest decision with the capacity in force as it is now. Services and chains that came with a reload after it stand
 * there as waiting, those that went are left out.
 */
export function presentAllocations(daemon: Daemon): Allocations {
  const decision = daemon.latestDecision();
  const { services, chains } = daemon.settings.topology;
  const decided = decision === undefined ? undefined : decisionView(decision);
  const decidedServices = new Map(decided?.services.map((service) => [service.id, service]));
  const decidedChains = new Map(decided?.chains.map((chain) => [chain.id, chain]));
  return {
    paused: pausedView(daemon),
    frozen: frozenView(daemon),
    ...(decided ?? WAITING),
    mode: modeOf([...services.values()].map((service) => service.mode)),
    services: [...services.values()].map((spec) =>
      presentService(daemon, spec, decidedServices.get(spec.id)),
    ),
    chains: [...chains.values()].map((spec) => decidedChains.get(spec.id) ?? waitingChain(spec)),
  };
}

/** The same document with one service and the chains that pass through it. */
export function narrowTo(allocations: Allocations, spec: ServiceSpec): Allocations {
  return {
    ...allocations,
    services: allocations.services.filter((service) => service.id === spec.id),
    chains: allocations.chains.filter((chain) => spec.chains.includes(chain.id)),
  };
}

const WAITING = {
  generated_at: null,
  decision_id: null,
  trigger: null,
  status: 'waiting',
  caps: [],
  cost: null,
  lower_bound: null,
  gap: null,
};

function presentService(
  daemon: Daemon,
  spec: ServiceSpec,
  decided: ServiceAllocation | undefined,
): ServiceAllocation {
  const capacity = daemon.capacityInForce(spec.id) ?? { ...spec.initial, source: 'initial' };
  const current = { ...allocationView(capacity), source: capacity.source };
  const present = {
    current,
    mode: spec.mode,
    mode_source: modeSource(daemon, spec.id),
    change: changeSummary(daemon, spec.id),
  };
  if (decided !== undefined) return { ...decided, ...present };
  return {
    id: spec.id,
    ...allocationView(capacity),
    ...present,
    status: 'hold',
    reason: 'no-data',
    explanation: 'No pass has decided on this service yet; it stays as it is.',
    max_cpu_saves: null,
    max_instances_saves: null,
    planned: null,
  };
}

function changeSummary({ changes }: Daemon, service: string): Static<typeof ChangeSummary> | null {
  const change = changes.latest().get(service);
  if (change === undefined) return null;
  const { decision, status, detail, atSeconds } = change;
  return { decision_id: decision, status, detail, at: atSeconds };
}

function waitingChain(spec: ChainSpec): ChainAllocation {
  return {
    id: spec.id,
    slo: spec.slo.latencySeconds,
    percentile: spec.slo.percentile,
    planned_rate: null,
    expected_latency: null,
    observed_latency: null,
    feasible: null,
    achievable_latency: null,
    binding: [],
    shadow_price: null,
    cost_per_10ms: null,
    cores_per_10ms: null,
    explanation: null,
  };
}
