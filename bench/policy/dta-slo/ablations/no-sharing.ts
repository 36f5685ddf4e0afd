import type { Wrappers } from '../../../../src/app.ts';
import { shapeFor } from '../../../../src/control/shapes.ts';
import {
  type ResourceAllocation,
  type Topology,
  visitsByService,
} from '../../../../src/models/data-models.ts';
import type { PlannedService } from '../../../../src/models/plans.ts';
import type { CapacityPlanner, PlanOutcome, PlanRequest } from '../../../../src/models/ports.ts';
import type { Settings } from '../../../../src/models/settings.ts';

/**
 * Each chain is planned alone, as if it had instances of its own of every service, and a shared service gets what its
 * chains want together. Nobody sees that a chain with little time to spare waits behind those that have plenty.
 */
export function noSharing({ allocation }: Settings): Wrappers {
  return { planner: (planner) => new ChainByChainPlanner(planner, allocation.cpuQuantum) };
}

class ChainByChainPlanner implements CapacityPlanner {
  readonly #planner: CapacityPlanner;
  readonly #quantum: number;

  constructor(planner: CapacityPlanner, quantum: number) {
    this.#planner = planner;
    this.#quantum = quantum;
  }

  plan(request: PlanRequest): PlanOutcome {
    return this.#apart(request, this.#planner.plan(request));
  }

  tryPlan(request: PlanRequest): PlanOutcome {
    return this.#apart(request, this.#planner.tryPlan(request));
  }

  /** What runs is shared in truth. */
  evaluate(
    request: PlanRequest,
    allocations: ReadonlyMap<string, ResourceAllocation>,
  ): ReadonlyMap<string, number> {
    return this.#planner.evaluate(request, allocations);
  }

  slowShares(
    request: PlanRequest,
    allocations: ReadonlyMap<string, ResourceAllocation>,
    loads?: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, number> {
    return this.#planner.slowShares(request, allocations, loads);
  }

  #apart(request: PlanRequest, together: PlanOutcome): PlanOutcome {
    const parts = [...request.loads.keys()].map((chain) => this.#planner.tryPlan(alone(request, chain)).plan);
    const unplanned = new Set(together.unplanned);
    const services = together.plan.services.map((service) =>
      unplanned.has(service.id)
        ? service
        : this.#sumOf(
            service,
            request.topology,
            parts.flatMap((part) => part.services.filter(({ id }) => id === service.id)),
          ),
    );
    const shapes = new Map(services.map((service) => [service.id, service]));
    const expected = this.#planner.evaluate(request, shapes);
    const chains = together.plan.chains.map((chain) => ({
      ...chain,
      expectedLatency: expected.get(chain.id) ?? chain.expectedLatency,
    }));
    return { ...together, plan: { ...together.plan, services, chains } };
  }

  #sumOf(service: PlannedService, { services }: Topology, parts: readonly PlannedService[]): PlannedService {
    const spec = services.get(service.id)!;
    const capacityCores = parts.reduce((sum, { cpu, instances }) => sum + cpu * instances, 0);
    const shape = shapeFor(spec, capacityCores, spec.minInstances, this.#quantum);
    const utilization = service.demandCores / (shape.cpu * shape.instances);
    return { ...service, ...shape, capacityCores, utilization };
  }
}

/** The request as if there were this chain alone. */
function alone(request: PlanRequest, id: string): PlanRequest {
  const { topology, loads } = request;
  const chain = topology.chains.get(id)!;
  const visited = visitsByService(chain);
  const services = [...topology.services].filter(([service]) => visited.has(service));
  return {
    ...request,
    topology: { services: new Map(services), chains: new Map([[id, chain]]) },
    loads: new Map([[id, loads.get(id)!]]),
  };
}
