/** The cheapest shapes of a small problem, by a full search that knows nothing of multipliers. */
import type { PlanningProblem, PlanningService } from '../../../src/models/plans.ts';
import { demandOf, latencyWith, plannedBound, waitFor } from './model.ts';

interface Candidate {
  readonly cost: number;
  readonly wait: number;
}

/** Cost of the best shapes that keep every chain within the bound that it is planned with; Infinity when none do. */
export function bestShapeCost(problem: PlanningProblem): number {
  const lists = problem.services.map((entry) => undominated(shapesOf(problem, entry)));
  const waits = new Map(problem.services.map(({ id }, s) => [id, lists[s]!.at(-1)!.wait]));
  const bounds = problem.chains.map((chain) => [chain, plannedBound(problem, chain)] as const);
  const keeps = () => bounds.every(([chain, bound]) => latencyWith(chain, (id) => waits.get(id)!) <= bound);
  /** First candidate of service s with which every chain can still be kept by the best of the services to come. */
  const firstOf = (s: number): number => {
    const id = problem.services[s]!.id;
    const kept = waits.get(id)!;
    let low = 0;
    let high = lists[s]!.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      waits.set(id, lists[s]![middle]!.wait);
      if (keeps()) high = middle;
      else low = middle + 1;
    }
    waits.set(id, kept);
    return low;
  };
  let best = Number.POSITIVE_INFINITY;
  const search = (s: number, cost: number): void => {
    if (s === lists.length) {
      best = Math.min(best, cost);
      return;
    }
    const id = problem.services[s]!.id;
    const kept = waits.get(id)!;
    const rest = leastCost(s + 1);
    for (let i = firstOf(s); i < lists[s]!.length; i++) {
      const candidate = lists[s]![i]!;
      if (cost + candidate.cost + rest >= best) break;
      waits.set(id, candidate.wait);
      search(s + 1, cost + candidate.cost);
    }
    waits.set(id, kept);
  };
  const leastCost = (from: number): number => {
    let sum = 0;
    for (let s = from; s < lists.length; s++) sum += lists[s]![firstOf(s)]?.cost ?? Number.POSITIVE_INFINITY;
    return sum;
  };
  search(0, 0);
  return best;
}

function shapesOf(problem: PlanningProblem, entry: PlanningService): Candidate[] {
  const demand = demandOf(problem, entry.id);
  const found: Candidate[] = [];
  for (let instances = entry.minInstances; instances <= entry.maxInstances; instances++) {
    for (const cpu of cpusOf(entry)) {
      const used = Math.min(cpu, entry.parallelism);
      const perInstance = entry.instanceCost + entry.pricePerMebibyte * entry.memory;
      found.push({
        cost: instances * (entry.pricePerCore * cpu + perInstance),
        wait: waitFor(entry, demand, instances * used, used),
      });
    }
  }
  return found;
}

function cpusOf({ minCpu, maxCpu, quantum }: PlanningService): readonly number[] {
  const cpus = [minCpu, maxCpu];
  for (let units = 1; units * quantum < maxCpu; units++)
    if (units * quantum > minCpu) cpus.push(units * quantum);
  return cpus;
}

/** By rising cost and falling wait. */
function undominated(candidates: Candidate[]): Candidate[] {
  candidates.sort((one, other) => one.cost - other.cost || one.wait - other.wait);
  let least = Number.POSITIVE_INFINITY;
  return candidates.filter(({ wait }) => {
    const isBetter = wait < least;
    least = Math.min(least, wait);
    return isBetter;
  });
}
