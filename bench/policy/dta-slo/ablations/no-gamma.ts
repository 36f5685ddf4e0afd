import type { Wrappers } from '../../../../src/app.ts';
import type { CapacityPlanner, PlanRequest } from '../../../../src/models/ports.ts';
import { overriding } from './overriding.ts';

/**
 * Nothing is learned from end-to-end samples: γ = 1 and δ = 0, percentiles add, and of m ways in parallel each is taken at
 * 1 − (1 − p)/m; in place neither how long a request takes when nobody waits is known, nor by how much slow requests differ
 * from what was expected. That chains which miss their SLO all the same are corrected stays.
 */
export const noGamma: Wrappers = {
  profiles: (profiles) =>
    overriding(profiles, { composition: () => ({ factor: 1, overheadSeconds: 0, windows: 0 }) }),
  planner: (planner) => withoutSlowness(planner),
};

function withoutSlowness(planner: CapacityPlanner): CapacityPlanner {
  const known = new WeakMap<PlanRequest, PlanRequest>();
  const without = (request: PlanRequest): PlanRequest => {
    const { slowness: _, ...rest } = request;
    const found = known.get(request) ?? rest;
    known.set(request, found);
    return found;
  };
  return overriding(planner, {
    plan: (request) => planner.plan(without(request)),
    tryPlan: (request) => planner.tryPlan(without(request)),
    evaluate: (request, allocations) => planner.evaluate(without(request), allocations),
    slowShares: (request, allocations, loads) => planner.slowShares(without(request), allocations, loads),
  });
}
