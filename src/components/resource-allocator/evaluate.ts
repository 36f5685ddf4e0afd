import type { ResourceAllocation } from '../../models/data-models.ts';
import type { PlanningChain, PlanningProblem, PlanningVisit } from '../../models/plans.ts';
import { waitOfShape } from './service-columns.ts';

/** D of every service at the planned loads, with what it uses at rest, cores. */
export function demandByService(problem: PlanningProblem): Map<string, number> {
  const demand = new Map(problem.services.map(({ id, baselineCores = 0 }) => [id, baselineCores]));
  for (const { rate, stages } of problem.chains) {
    for (const stage of stages) {
      for (const branch of stage) {
        for (const { service, visits, demand: each } of branch) {
          demand.set(service, demand.get(service)! + rate * visits * each);
        }
      }
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
  let sum = 0;
  for (const stage of chain.stages) {
    let slowest = 0;
    for (const branch of stage) slowest = Math.max(slowest, branchSeconds(branch, waits));
    sum += slowest;
  }
  return chain.composition * sum + chain.overheadSeconds;
}

function branchSeconds(branch: readonly PlanningVisit[], waits: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const { service, visits, floor, queueing } of branch) {
    if (visits === 0) continue;
    const wait = waits.get(service)!;
    sum += visits * (floor + (Number.isFinite(wait) ? queueing * wait : wait));
  }
  return sum;
}
