import type { Wrappers } from '../../../../src/app.ts';
import {
  type ChainSpec,
  type ResourceAllocation,
  type Stage,
  type Topology,
  visitsByService,
} from '../../../../src/models/data-models.ts';
import type { PlannedChain } from '../../../../src/models/plans.ts';
import type {
  CapacityPlanner,
  PlanOutcome,
  PlanRequest,
  ProfileLearner,
} from '../../../../src/models/ports.ts';
import { overriding } from './overriding.ts';

/**
 * Each visit of a service is held to the SLO of the whole chain, as the framework that DTA-SLO follows intended. What visits
 * and services take together is nobody's matter in plans and in judging them; that a chain is seen over its SLO still makes
 * its services grow.
 */
export const chainSloPerService: Wrappers = {
  profiles: (profiles) => profilesOfParts(profiles),
  planner: (planner) => new PartPlanner(planner),
};

/** As if it had been measured: there is nothing that a single visit is composed of. */
const ONE_VISIT = { factor: 1, overheadSeconds: 0, windows: 1 };

const BETWEEN = '\u0000at\u0000';

function partId(chain: string, service: string): string {
  return chain + BETWEEN + service;
}

/** Name of the chain that a part is of; undefined for a whole chain. */
function wholeOf(id: string): string | undefined {
  const [chain, service] = id.split(BETWEEN);
  return service === undefined ? undefined : chain;
}

function profilesOfParts(profiles: ProfileLearner): ProfileLearner {
  return overriding(profiles, {
    profile: (service, id) => ({ ...profiles.profile(service, wholeOf(id) ?? id), chain: id }),
    composition: (id) => (wholeOf(id) === undefined ? profiles.composition(id) : ONE_VISIT),
  });
}

class PartPlanner implements CapacityPlanner {
  readonly #planner: CapacityPlanner;
  readonly #requests = new WeakMap<PlanRequest, PlanRequest>();
  readonly #topologies = new WeakMap<Topology, Topology>();

  constructor(planner: CapacityPlanner) {
    this.#planner = planner;
  }

  plan(request: PlanRequest): PlanOutcome {
    return joined(request, this.#planner.plan(this.#inParts(request)));
  }

  tryPlan(request: PlanRequest): PlanOutcome {
    return joined(request, this.#planner.tryPlan(this.#inParts(request)));
  }

  /** Of each chain the latency of its slowest service. */
  evaluate(
    request: PlanRequest,
    allocations: ReadonlyMap<string, ResourceAllocation>,
  ): ReadonlyMap<string, number> {
    const latencies = this.#planner.evaluate(this.#inParts(request), allocations);
    return new Map(
      [...request.topology.chains.values()].flatMap((chain) => {
        const parts = partsOf(chain).map(({ id }) => latencies.get(id));
        return parts.includes(undefined) ? [] : [[chain.id, Math.max(...parts.map((part) => part ?? 0))]];
      }),
    );
  }

  /** Of each chain that of its slowest service. */
  slowShares(
    request: PlanRequest,
    allocations: ReadonlyMap<string, ResourceAllocation>,
    loads: ReadonlyMap<string, number> = request.loads,
  ): ReadonlyMap<string, number> {
    const shares = this.#planner.slowShares(this.#inParts(request), allocations, inParts(request, loads));
    return new Map(
      [...request.topology.chains.values()].flatMap((chain) => {
        const parts = partsOf(chain).flatMap(({ id }) => shares.get(id) ?? []);
        return parts.length === 0 ? [] : [[chain.id, Math.max(...parts)]];
      }),
    );
  }

  #inParts(request: PlanRequest): PlanRequest {
    const known = this.#requests.get(request);
    if (known !== undefined) return known;
    const { corrections: _, slowness, ...rest } = request;
    const parts = {
      ...rest,
      topology: this.#topologyOf(request.topology),
      loads: inParts(request, request.loads),
      ...(slowness !== undefined && { slowness: inParts(request, slowness) }),
    };
    this.#requests.set(request, parts);
    return parts;
  }

  #topologyOf(topology: Topology): Topology {
    const known = this.#topologies.get(topology);
    if (known !== undefined) return known;
    const parts = [...topology.chains.values()].flatMap(partsOf);
    const inParts = { ...topology, chains: new Map(parts.map((part) => [part.id, part])) };
    this.#topologies.set(topology, inParts);
    return inParts;
  }
}

/** What is known of chains, told of all their parts. */
function inParts<Value>(
  { topology }: PlanRequest,
  ofChains: ReadonlyMap<string, Value>,
): ReadonlyMap<string, Value> {
  return new Map(
    [...topology.chains.values()].flatMap((chain) => {
      const value = ofChains.get(chain.id);
      return value === undefined ? [] : partsOf(chain).map(({ id }): [string, Value] => [id, value]);
    }),
  );
}

/** A chain of each service that the chain visits. */
function partsOf(chain: ChainSpec): ChainSpec[] {
  return [...visitsByService(chain)].map(([service, visits]) => ({
    ...chain,
    id: partId(chain.id, service),
    stages: [visitsAtOnce(service, visits)],
  }));
}

/** All load of the visits, and the time of one. */
function visitsAtOnce(service: string, visits: number): Stage {
  return Array.from({ length: Math.ceil(visits) }, (_, i) => [{ service, visits: Math.min(1, visits - i) }]);
}

function joined(request: PlanRequest, outcome: PlanOutcome): PlanOutcome {
  const chains = [...request.topology.chains.keys()].flatMap((id) => {
    const parts = outcome.plan.chains.filter((part) => wholeOf(part.id) === id);
    return parts.length === 0 ? [] : [joinedChain(id, parts)];
  });
  return { ...outcome, plan: { ...outcome.plan, chains } };
}

function joinedChain(id: string, parts: readonly PlannedChain[]): PlannedChain {
  return {
    id,
    sloSeconds: parts[0]!.sloSeconds,
    expectedLatency: Math.max(...parts.map(({ expectedLatency }) => expectedLatency)),
    feasible: parts.every(({ feasible }) => feasible),
    achievableLatency: Math.max(...parts.map(({ achievableLatency }) => achievableLatency)),
    binding: parts.flatMap(({ binding }) => binding),
    shadowPrice: Math.max(...parts.map(({ shadowPrice }) => shadowPrice)),
  };
}
