/** The planning model written down a second time, plainly, for the tests to judge by. */
import type { PlanningChain, PlanningProblem, PlanningService } from '../../../src/models/plans.ts';

export function usable(service: PlanningService): number {
  return Math.min(service.maxCpu, service.parallelism);
}

export function demandOf(problem: PlanningProblem, id: string): number {
  let demand = 0;
  for (const chain of problem.chains) {
    for (const visit of chain.stages.flat(2)) {
      if (visit.service === id) demand += chain.rate * visit.visits * visit.demand;
    }
  }
  return demand;
}

export function waitFor(service: PlanningService, demand: number, capacity: number, cpu: number): number {
  const rho = demand / capacity;
  if (demand === 0) return 0;
  if (rho >= 1) return Number.POSITIVE_INFINITY;
  return rho ** service.exponent / (cpu ** service.verticalExponent * (1 - rho));
}

/** u of the continuous plan. */
export function continuousCpu(service: PlanningService, capacity: number): number {
  return Math.min(usable(service), capacity / service.minInstances);
}

export function continuousWait(service: PlanningService, demand: number, capacity: number): number {
  if (service.fixed !== undefined) return waitOfShape(service, demand, service.fixed);
  return waitFor(service, demand, capacity, continuousCpu(service, capacity));
}

export function waitOfShape(
  service: PlanningService,
  demand: number,
  { cpu, instances }: { readonly cpu: number; readonly instances: number },
): number {
  const used = Math.min(cpu, service.parallelism);
  return waitFor(service, demand, instances * used, used);
}

export function continuousCostOf(service: PlanningService, capacity: number): number {
  const perInstance = service.instanceCost + service.pricePerMebibyte * service.memory;
  if (service.fixed !== undefined) {
    return service.fixed.instances * (service.pricePerCore * service.fixed.cpu + perInstance);
  }
  const idle = Math.max(1, service.minCpu / service.parallelism);
  const instances = Math.max(service.minInstances, capacity / usable(service));
  return service.pricePerCore * idle * capacity + perInstance * instances;
}

export function boundsOf(service: PlanningService, demand: number): readonly [number, number] {
  if (service.fixed !== undefined) {
    const { cpu, instances } = service.fixed;
    const capacity = instances * Math.min(cpu, service.parallelism);
    return [capacity, capacity];
  }
  const most = usable(service) * service.maxInstances;
  const least = Math.min(service.minCpu, service.parallelism) * service.minInstances;
  return [Math.min(most, Math.max(least, demand * (1 + 1e-6))), most];
}

/** Latency of a chain when each service waits as given. */
export function latencyWith(chain: PlanningChain, wait: (service: string) => number): number {
  const times = chain.stages.map((stage) =>
    Math.max(
      ...stage.map((branch) =>
        branch.reduce((sum, visit) => {
          const waiting = wait(visit.service);
          if (visit.visits === 0) return sum;
          return waiting === Number.POSITIVE_INFINITY
            ? waiting
            : sum + visit.visits * (visit.floor + visit.queueing * waiting);
        }, 0),
      ),
    ),
  );
  return chain.composition * times.reduce((sum, time) => sum + time, 0) + chain.overheadSeconds;
}

/** The bound that a chain is planned with; Infinity when it has none. */
export function plannedBound(problem: PlanningProblem, chain: PlanningChain): number {
  const best = latencyWith(chain, (id) => {
    const service = problem.services.find((entry) => entry.id === id)!;
    const demand = demandOf(problem, id);
    if (service.fixed !== undefined) return waitOfShape(service, demand, service.fixed);
    const capacity = usable(service) * service.maxInstances;
    return demand * (1 + 1e-6) > capacity
      ? Number.POSITIVE_INFINITY
      : waitFor(service, demand, capacity, usable(service));
  });
  return best <= chain.sloSeconds ? chain.sloSeconds : 1.05 * best;
}
