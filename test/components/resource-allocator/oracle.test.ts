import { describe, expect, it } from 'vitest';
import { multiplierTree } from '../../../src/components/resource-allocator/multiplier-tree.ts';
import { solvePlan } from '../../../src/components/resource-allocator/solve-plan.ts';
import type { PlanningProblem, PlanningService } from '../../../src/models/plans.ts';
import { exactSolution } from './exact-solver.ts';
import {
  boundsOf,
  continuousCostOf,
  continuousWait,
  demandOf,
  latencyWith,
  plannedBound,
  waitFor,
} from './model.ts';
import { smallProblem } from './small-problems.ts';

const PROBLEMS = Array.from({ length: 300 }, (_, seed) => smallProblem(seed));

describe('the continuous plan, on 300 random problems', () => {
  it('costs what an independent exact solver finds, within 1e-3', () => {
    for (const [seed, problem] of PROBLEMS.entries()) {
      const exact = exactSolution(problem).cost;
      const { plan } = solvePlan(problem);
      expect(plan.continuousCost / exact, `problem ${seed}`).toBeGreaterThan(1 - 1e-3);
      expect(plan.continuousCost / exact, `problem ${seed}`).toBeLessThan(1 + 1e-3);
    }
  });

  it('keeps every bound, and every chain that can be served', () => {
    for (const [seed, problem] of PROBLEMS.entries()) {
      const { plan } = solvePlan(problem);
      const capacities = new Map(plan.services.map(({ id, capacityCores }) => [id, capacityCores]));
      for (const service of problem.services) {
        const [least, most] = boundsOf(service, demandOf(problem, service.id));
        expect(capacities.get(service.id)).toBeGreaterThanOrEqual(least * (1 - 1e-9));
        expect(capacities.get(service.id)).toBeLessThanOrEqual(most * (1 + 1e-9));
      }
      for (const chain of problem.chains) {
        const bound = plannedBound(problem, chain);
        const latency = latencyWith(chain, (id) => {
          const service = problem.services.find((entry) => entry.id === id)!;
          return continuousWait(service, demandOf(problem, id), capacities.get(id)!);
        });
        if (bound < Number.POSITIVE_INFINITY) {
          expect(latency / bound, `problem ${seed}, ${chain.id}`).toBeLessThan(1 + 1e-6);
        }
      }
    }
  });

  it('carries a certificate that holds when it is recomputed from the multipliers alone', () => {
    for (const [seed, problem] of PROBLEMS.entries()) {
      const { plan, compiled, optimum } = solvePlan(problem);
      const certified = weakDuality(problem, multiplierTree(compiled, optimum.multipliers));
      expect(plan.gap, `problem ${seed}`).toBeLessThanOrEqual(1e-4);
      expect(certified / plan.lowerBound, `problem ${seed}`).toBeGreaterThan(1 - 1e-6);
      expect(plan.continuousCost / certified - 1, `problem ${seed}`).toBeLessThan(1.1e-4);
    }
  });
});

describe('the shapes, on the same problems', () => {
  it('serve every chain that can be served, inside bounds and quantum', () => {
    for (const [seed, problem] of PROBLEMS.entries()) {
      const { plan } = solvePlan(problem);
      const planned = new Map(plan.services.map((entry) => [entry.id, entry]));
      for (const service of problem.services) {
        if (service.fixed === undefined) expectOnGrid(service, planned.get(service.id)!);
        else expect(planned.get(service.id)).toMatchObject(service.fixed);
      }
      for (const chain of problem.chains) {
        const bound = plannedBound(problem, chain);
        const latency = latencyWith(chain, (id) => {
          const service = problem.services.find((entry) => entry.id === id)!;
          const { instances, cpu } = planned.get(id)!;
          const used = Math.min(cpu, service.parallelism);
          return waitFor(service, demandOf(problem, id), instances * used, used);
        });
        const found = plan.chains.find(({ id }) => id === chain.id)!;
        expect(found.feasible).toBe(bound === chain.sloSeconds);
        if (bound === Number.POSITIVE_INFINITY) continue;
        expect(latency / bound, `problem ${seed}, ${chain.id}`).toBeLessThan(1 + 1e-6);
        expect(Math.abs(found.expectedLatency - latency)).toBeLessThanOrEqual(1e-9 * latency);
      }
      expect(plan.cost).toBeGreaterThanOrEqual(plan.lowerBound * (1 - 1e-9));
    }
  });
});

function expectOnGrid(
  service: PlanningService,
  shape: { readonly cpu: number; readonly instances: number },
): void {
  const units = shape.cpu / service.quantum;
  const isOnGrid =
    Math.abs(units - Math.round(units)) < 1e-9 ||
    shape.cpu === service.minCpu ||
    shape.cpu === service.maxCpu;
  expect(isOnGrid).toBe(true);
  expect(shape.cpu).toBeGreaterThanOrEqual(service.minCpu);
  expect(shape.cpu).toBeLessThanOrEqual(service.maxCpu);
  expect(Number.isInteger(shape.instances)).toBe(true);
  expect(shape.instances).toBeGreaterThanOrEqual(service.minInstances);
  expect(shape.instances).toBeLessThanOrEqual(service.maxInstances);
}

/** g(μ) = Σ_s min_C (cost + W·h) + Σ_c μ·(overhead − bound) + Σ μ_branch·γ·floors, the minimum found by search. */
function weakDuality(problem: PlanningProblem, multipliers: ReadonlyMap<string, number[][]>): number {
  const weights = new Map<string, number>();
  let value = 0;
  for (const chain of problem.chains) {
    const tree = multipliers.get(chain.id)!;
    const mu = tree[0]!.reduce((sum, part) => sum + part, 0);
    if (mu > 0) value += mu * (chain.overheadSeconds - plannedBound(problem, chain));
    for (const [i, stage] of chain.stages.entries()) {
      expect(tree[i]!.reduce((sum, part) => sum + part, 0)).toBeCloseTo(mu, 6);
      for (const [b, branch] of stage.entries()) {
        const part = tree[i]![b]! * chain.composition;
        for (const visit of branch) {
          value += part * visit.visits * visit.floor;
          const weight = (weights.get(visit.service) ?? 0) + part * visit.visits * visit.queueing;
          weights.set(visit.service, weight);
        }
      }
    }
  }
  for (const service of problem.services) {
    value += cheapest(service, demandOf(problem, service.id), weights.get(service.id) ?? 0);
  }
  return value;
}

/** min over C of cost + weight·h: a convex function of C, by golden-section search over the spare capacity. */
function cheapest(service: PlanningService, demand: number, weight: number): number {
  const [least, most] = boundsOf(service, demand);
  const at = (spare: number): number => {
    const capacity = Math.min(most, Math.max(least, demand + spare));
    const waiting = weight === 0 ? 0 : weight * continuousWait(service, demand, capacity);
    return continuousCostOf(service, capacity) + waiting;
  };
  let low = Math.log(Math.max(least - demand, most * 1e-12));
  let high = Math.log(Math.max(most - demand, most * 1e-12));
  for (let step = 0; step < 120; step++) {
    const third = (high - low) / 3;
    if (at(Math.exp(low + third)) < at(Math.exp(high - third))) high -= third;
    else low += third;
  }
  return Math.min(at(Math.exp(low)), at(most - demand), at(least - demand));
}
