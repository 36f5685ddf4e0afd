import type { ResourceAllocation } from '../../models/data-models.ts';
import type { PlanningChain, PlanningProblem } from '../../models/plans.ts';
import { waitOfShape } from './service-columns.ts';

/** D of every service at the planned loads, cores. */
export function demandByService(problem: PlanningProblem): Map<string, number> {
  const demand = new Map(problem.services.map(({ id }) => [id, 0]));
  for (const chain of problem.chains) {
    for (const visit of chain.stages.flat(2)) {
      demand.set(visit.service, demand.get(visit.service)! + chain.rate * visit.visits * visit.demand);
    }
  }
  return demand;
}

/** End-to-end latency of every chain under the given shapes, s; Infinity where a service is overloaded. */
export function evaluateChains(
  problem: PlanningProblem,
  shapeOf: (service: string) => Pick<ResourceAllocation, 'cpu' | 'instances'>,
): Map<string, number> {
  const demand = demandByService(problem);
  const waits = new Map(
    problem.services.map((service) => {
      const { cpu, instances } = shapeOf(service.id);
      return [service.id, waitOfShape(service, demand.get(service.id)!, instances, cpu)];
    }),
  );
  return new Map(problem.chains.map((chain) => [chain.id, latencyOf(chain, waits)]));
}

function latencyOf(chain: PlanningChain, waits: ReadonlyMap<string, number>): number {
  const stages = chain.stages.map((stage) =>
    Math.max(
      0,
      ...stage.map((branch) =>
        branch.reduce((sum, visit) => {
          const wait = waits.get(visit.service)!;
          const waiting = Number.isFinite(wait) ? visit.queueing * wait : wait;
          return visit.visits === 0 ? sum : sum + visit.visits * (visit.floor + waiting);
        }, 0),
      ),
    ),
  );
  return chain.composition * stages.reduce((sum, time) => sum + time, 0) + chain.overheadSeconds;
}
