/** The least weighted violation within caps, by trying all shapes of all services. */
import type { Caps, PlanningProblem, PlanningService } from '../../../src/models/plans.ts';
import { demandOf, latencyWith, plannedBound, waitFor } from './model.ts';

interface Candidate {
  readonly cpu: number;
  readonly memory: number;
  readonly wait: number;
}

export function violationWith(problem: PlanningProblem, wait: (service: string) => number): number {
  return problem.chains.reduce((sum, chain) => {
    const bound = plannedBound(problem, chain);
    if (bound === Number.POSITIVE_INFINITY) return sum;
    return sum + (chain.priority * Math.max(0, latencyWith(chain, wait) - bound)) / chain.sloSeconds;
  }, 0);
}

export function leastViolation(problem: PlanningProblem, caps: Caps): number {
  const lists = problem.services.map((entry) => worthwhile(shapesOf(problem, entry)));
  const waits = new Map(
    lists.map((list, s) => [problem.services[s]!.id, Math.min(...list.map(({ wait }) => wait))]),
  );
  let best = Number.POSITIVE_INFINITY;
  const search = (s: number, cpu: number, memory: number): void => {
    if (cpu > (caps.cpu ?? Number.POSITIVE_INFINITY) * (1 + 1e-9)) return;
    if (memory > (caps.memory ?? Number.POSITIVE_INFINITY) * (1 + 1e-9)) return;
    const violation = violationWith(problem, (id) => waits.get(id)!);
    if (violation >= best) return;
    if (s === lists.length) {
      best = violation;
      return;
    }
    const { id } = problem.services[s]!;
    const kept = waits.get(id)!;
    for (const candidate of lists[s]!) {
      waits.set(id, candidate.wait);
      search(s + 1, cpu + candidate.cpu, memory + candidate.memory);
    }
    waits.set(id, kept);
  };
  search(0, 0, 0);
  return best;
}

function shapesOf(problem: PlanningProblem, entry: PlanningService): Candidate[] {
  const demand = demandOf(problem, entry.id);
  const found: Candidate[] = [];
  for (let instances = entry.minInstances; instances <= entry.maxInstances; instances++) {
    for (const cpu of cpusOf(entry)) {
      const used = Math.min(cpu, entry.parallelism);
      const wait = waitFor(entry, demand, instances * used, used);
      if (Number.isFinite(wait)) found.push({ cpu: instances * cpu, memory: instances * entry.memory, wait });
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

function worthwhile(candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter((one) =>
    candidates.every(
      (other) =>
        other === one ||
        other.cpu > one.cpu ||
        other.memory > one.memory ||
        other.wait > one.wait ||
        (other.cpu === one.cpu && other.memory === one.memory && other.wait === one.wait),
    ),
  );
}
