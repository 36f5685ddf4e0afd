import { describe, expect, it } from 'vitest';
import { cheapestShape, shapeGrid } from '../../../src/components/resource-allocator/shape-grid.ts';
import { solvePlan } from '../../../src/components/resource-allocator/solve-plan.ts';
import type { PlanningService } from '../../../src/models/plans.ts';
import { bestShapeCost } from './best-shapes.ts';
import { service } from './fixtures.ts';
import { demandOf, latencyWith, plannedBound, waitFor } from './model.ts';
import { shapeProblem } from './shape-problems.ts';
import { smallProblem } from './small-problems.ts';

const cheapest = (entry: PlanningService, demand: number, limit: number) =>
  cheapestShape(shapeGrid(entry, demand, 0), limit);

describe('shapes', () => {
  it('cost no more than the best of all shapes, on 300 problems that a full search can solve', () => {
    for (let seed = 0; seed < 300; seed++) {
      const problem = shapeProblem(seed);
      const { plan } = solvePlan(problem);
      const best = bestShapeCost(problem);
      expect(plan.cost / best, `problem ${seed}`).toBeGreaterThan(1 - 1e-9);
      expect(plan.cost / best, `problem ${seed}`).toBeLessThan(1 + 1e-6);
    }
  });

  it('serve every chain that the continuous plan serves, on 300 problems', () => {
    for (let seed = 0; seed < 300; seed++) {
      const problem = smallProblem(seed);
      const planned = new Map(solvePlan(problem).plan.services.map((entry) => [entry.id, entry]));
      for (const chain of problem.chains) {
        const bound = plannedBound(problem, chain);
        if (bound === Number.POSITIVE_INFINITY) continue;
        const latency = latencyWith(chain, (id) => {
          const entry = problem.services.find((candidate) => candidate.id === id)!;
          const { instances, cpu } = planned.get(id)!;
          const used = Math.min(cpu, entry.parallelism);
          return waitFor(entry, demandOf(problem, id), instances * used, used);
        });
        expect(latency / bound, `problem ${seed}, ${chain.id}`).toBeLessThan(1 + 1e-9);
      }
    }
  });

  it('may be the largest or the least cpu even where those are no multiples of the quantum', () => {
    const odd = service('s', { minCpu: 0.13, maxCpu: 0.97, parallelism: 4, maxInstances: 1 });
    expect(cheapest(odd, 0, 1)).toEqual({ instances: 1, cpu: 0.13 });
    expect(cheapest(odd, 0.5, 0.5 / 0.46)).toEqual({ instances: 1, cpu: 0.97 });
    expect(cheapest(odd, 0.5, 0.5 / 0.48)).toBeUndefined();
  });

  it('do not suffer from binary fractions: 0.15 cores are three quanta of 0.05', () => {
    expect(cheapest(service('s'), 0.1, 2)).toEqual({ instances: 1, cpu: 0.15 });
  });

  it('keep to the floor of cpu that a visit needs, in whole quanta, as far as max_cpu lets them', () => {
    for (let seed = 0; seed < 60; seed++) {
      const problem = shapeProblem(seed);
      const services = problem.services.map((entry, i) => ({ ...entry, leastCpu: 0.33 + 0.4 * i }));
      const { plan } = solvePlan({ ...problem, services });
      for (const [s, { quantum, leastCpu, maxCpu, minCpu }] of services.entries()) {
        const whole = Math.ceil(leastCpu / quantum - 1e-9) * quantum;
        const floor = leastCpu <= minCpu ? minCpu : Math.min(maxCpu, whole);
        expect(plan.services[s]!.cpu, `problem ${seed}`).toBeGreaterThanOrEqual(floor - 1e-9);
      }
      for (const { id, feasible, expectedLatency, sloSeconds } of plan.chains) {
        if (feasible) expect(expectedLatency / sloSeconds, `problem ${seed}, ${id}`).toBeLessThan(1 + 1e-9);
      }
      expect(plan.cost).toBeGreaterThanOrEqual(plan.lowerBound * (1 - 1e-9));
    }
  });

  it('prefer few large instances when an instance costs something', () => {
    const dear = service('s', { instanceCost: 50 });
    expect(cheapest(dear, 3, 3)).toEqual({ instances: 1, cpu: 4 });
  });
});
