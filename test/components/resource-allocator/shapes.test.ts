import { describe, expect, it } from 'vitest';
import { cheapestShape } from '../../../src/components/resource-allocator/shape-grid.ts';
import { solvePlan } from '../../../src/components/resource-allocator/solve-plan.ts';
import type { PlanningProblem, PlanningService } from '../../../src/models/plans.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { chain, service, visit } from './fixtures.ts';
import { demandOf, latencyWith, waitFor } from './model.ts';

interface Candidate {
  readonly cost: number;
  readonly wait: number;
}

/** Two or three services on a coarse grid, two chains. */
function coarseProblem(seed: number): PlanningProblem {
  const random = seededRandom(seed);
  const services = ['a', 'b', 'c'].slice(0, 2 + (seed % 2)).map((id) =>
    service(id, {
      maxCpu: 1.5,
      parallelism: 1.5,
      minInstances: 1,
      maxInstances: 3,
      quantum: 0.1,
      instanceCost: random() < 0.5 ? 0 : 30 * random(),
      exponent: random() < 0.5 ? 1 : 2,
      verticalExponent: random() < 0.5 ? 0 : 0.5,
    }),
  );
  const chains = ['x', 'y'].map((id) => {
    const stages = services.map((entry) => [
      [visit(entry.id, { demand: 0.004 + 0.008 * random(), queueing: 0.005 + 0.03 * random() })],
    ]);
    return chain(id, stages, { rate: 20 + 50 * random(), sloSeconds: 0.09 + 0.25 * random() });
  });
  return { services, chains };
}

function candidates(problem: PlanningProblem, entry: PlanningService): Candidate[] {
  const found: Candidate[] = [];
  for (let instances = entry.minInstances; instances <= entry.maxInstances; instances++) {
    for (let units = 1; units <= 15; units++) {
      const cpu = units / 10;
      const wait = waitFor(entry, demandOf(problem, entry.id), instances * cpu, cpu);
      if (Number.isFinite(wait)) found.push({ cost: instances * (100 * cpu + entry.instanceCost), wait });
    }
  }
  return found.sort((one, other) => one.cost - other.cost);
}

/** The cheapest of all combinations that keep every chain. */
function bestInteger(problem: PlanningProblem): number {
  const lists = problem.services.map((entry) => candidates(problem, entry));
  const waits = new Map<string, number>();
  let best = Number.POSITIVE_INFINITY;
  const search = (s: number, cost: number): void => {
    if (cost >= best) return;
    if (s === lists.length) {
      const isKept = problem.chains.every(
        (entry) => latencyWith(entry, (id) => waits.get(id)!) <= entry.sloSeconds,
      );
      if (isKept) best = cost;
      return;
    }
    for (const candidate of lists[s]!) {
      if (cost + candidate.cost >= best) break;
      waits.set(problem.services[s]!.id, candidate.wait);
      search(s + 1, cost + candidate.cost);
    }
  };
  search(0, 0);
  return best;
}

describe('shapes', () => {
  it('cost at most 5 % more than the best of all shapes, and 1 % at the median', () => {
    const excess: number[] = [];
    for (let seed = 0; seed < 60; seed++) {
      const problem = coarseProblem(seed);
      const { plan } = solvePlan(problem);
      if (plan.chains.some(({ feasible }) => !feasible)) continue;
      const best = bestInteger(problem);
      expect(plan.cost).toBeGreaterThanOrEqual(best * (1 - 1e-9));
      excess.push(plan.cost / best - 1);
    }
    excess.sort((one, other) => one - other);
    expect(excess.length).toBeGreaterThan(30);
    expect(excess[Math.floor(excess.length / 2)]).toBeLessThanOrEqual(0.01);
    expect(excess.at(-1)).toBeLessThanOrEqual(0.05);
  });

  it('may be the largest or the least cpu even where those are no multiples of the quantum', () => {
    const odd = service('s', { minCpu: 0.13, maxCpu: 0.97, parallelism: 4, maxInstances: 1 });
    expect(cheapestShape(odd, 0, 1)).toEqual({ instances: 1, cpu: 0.13 });
    expect(cheapestShape(odd, 0.5, 0.5 / 0.46)).toEqual({ instances: 1, cpu: 0.97 });
    expect(cheapestShape(odd, 0.5, 0.5 / 0.48)).toBeUndefined();
  });

  it('do not suffer from binary fractions: 0.15 cores are three quanta of 0.05', () => {
    expect(cheapestShape(service('s'), 0.1, 2)).toEqual({ instances: 1, cpu: 0.15 });
  });

  it('prefer few large instances when an instance costs something', () => {
    const dear = service('s', { instanceCost: 50 });
    expect(cheapestShape(dear, 3, 3)).toEqual({ instances: 1, cpu: 4 });
  });
});
