import { expect, it } from 'vitest';
import { solvePlan } from '../../../src/components/resource-allocator/solve-plan.ts';
import type { PlanningProblem } from '../../../src/models/plans.ts';
import { smallProblem } from './small-problems.ts';

/** Two problems side by side that share nothing. */
function sideBySide(one: PlanningProblem, other: PlanningProblem): PlanningProblem {
  const renamed = {
    services: other.services.map((entry) => ({ ...entry, id: `z-${entry.id}` })),
    chains: other.chains.map((entry) => ({
      ...entry,
      id: `z-${entry.id}`,
      stages: entry.stages.map((stage) =>
        stage.map((branch) => branch.map((visit) => ({ ...visit, service: `z-${visit.service}` }))),
      ),
    })),
  };
  return {
    services: [...one.services, ...renamed.services],
    chains: [...one.chains, ...renamed.chains],
  };
}

it('a chain that becomes hopeless changes nothing for services that it has nothing to do with, and all others are served', () => {
  for (let seed = 0; seed < 60; seed++) {
    const problem = sideBySide(smallProblem(seed), smallProblem(seed + 100));
    const before = solvePlan(problem).plan;
    const [first, ...others] = problem.chains;
    const hopeless = { ...first!, sloSeconds: 1e-6 };
    const after = solvePlan({ ...problem, chains: [hopeless, ...others] }).plan;
    expect(after.chains[0], `problem ${seed}`).toMatchObject({ feasible: false });
    for (const [s, { id }] of problem.services.entries()) {
      if (id.startsWith('z-')) expect(after.services[s]).toEqual(before.services[s]);
    }
    for (const [c, { id, feasible, expectedLatency, sloSeconds }] of after.chains.entries()) {
      if (c === 0) continue;
      expect(feasible, `problem ${seed}, ${id}`).toBe(before.chains[c]!.feasible);
      if (feasible) expect(expectedLatency).toBeLessThanOrEqual(sloSeconds * (1 + 1e-9));
    }
  }
});
