import { multiplierTree } from '../../src/components/resource-allocator/multiplier-tree.ts';
import type { Solved } from '../../src/components/resource-allocator/solve-plan.ts';

/** The solution of a problem file in the form that the benchmark prints. */
export function answerOf({ plan, compiled, optimum }: Solved): object {
  const infeasible = plan.chains.filter(({ feasible }) => !feasible);
  return {
    capacities: Object.fromEntries(plan.services.map(({ id, capacityCores }) => [id, capacityCores])),
    multipliers: Object.fromEntries(multiplierTree(compiled, optimum.multipliers)),
    cost: plan.continuousCost,
    lower_bound: plan.lowerBound,
    gap: plan.gap,
    shapes: Object.fromEntries(plan.services.map(({ id, instances, cpu }) => [id, { instances, cpu }])),
    shape_cost: plan.cost,
    infeasible: Object.fromEntries(
      infeasible.map(({ id, achievableLatency }) => [
        id,
        Number.isFinite(achievableLatency) ? achievableLatency : null,
      ]),
    ),
    solve_ms: plan.solveMs,
  };
}
