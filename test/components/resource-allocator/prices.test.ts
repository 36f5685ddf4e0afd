import { describe, expect, it } from 'vitest';
import { solvePlan } from '../../../src/components/resource-allocator/solve-plan.ts';
import type { Plan, PlanningProblem, PlanningService } from '../../../src/models/plans.ts';
import { chain, service, visit } from './fixtures.ts';
import { shapeProblem } from './shape-problems.ts';

/** Central difference of the continuous cost; steps large enough for a gap of 1e-4 to count little. */
function slopeOf(change: (step: number) => PlanningProblem, step: number): number {
  const cost = (by: number) => solvePlan(change(by)).plan.continuousCost;
  return (cost(step) - cost(-step)) / (2 * step);
}

function withService(
  problem: PlanningProblem,
  id: string,
  changes: (entry: PlanningService) => Partial<PlanningService>,
): PlanningProblem {
  const services = problem.services.map((entry) =>
    entry.id === id ? { ...entry, ...changes(entry) } : entry,
  );
  return { ...problem, services };
}

const largest = (plan: Plan) => [...plan.chains].sort((a, b) => b.shadowPrice - a.shadowPrice)[0]!;

describe('prices in the plan', () => {
  it("shadow price of an SLO: what a little more of it saves, on 40 problems' dearest chains", () => {
    let checked = 0;
    for (let seed = 0; seed < 40; seed++) {
      const problem = shapeProblem(seed);
      const { plan } = solvePlan(problem);
      const { id, sloSeconds, shadowPrice } = largest(plan);
      if (shadowPrice * sloSeconds < 0.05 * plan.continuousCost) continue;
      const looser = (by: number): PlanningProblem => ({
        ...problem,
        chains: problem.chains.map((entry) =>
          entry.id === id ? { ...entry, sloSeconds: entry.sloSeconds + by } : entry,
        ),
      });
      const step = 0.02 * sloSeconds;
      const [tighter, other] = [looser(-step), looser(step)].map(
        (p) => -slopeOf((by) => moved(p, id, by), step / 4),
      );
      expect(shadowPrice, `problem ${seed}`).toBeGreaterThan(Math.min(tighter!, other!) * 0.9);
      expect(shadowPrice, `problem ${seed}`).toBeLessThan(Math.max(tighter!, other!) * 1.1);
      checked++;
    }
    expect(checked).toBeGreaterThan(15);
  });

  it('cores per 10 ms: what 1 ms more of SLO saves in cores, ten times', () => {
    const problem = (slo: number): PlanningProblem => ({
      services: [service('a', { pricePerCore: 40 }), service('b', { pricePerCore: 40 })],
      chains: [chain('c', [[[visit('a')]], [[visit('b', { queueing: 0.05 })]]], { sloSeconds: slo })],
    });
    const cores = (slo: number) =>
      solvePlan(problem(slo)).plan.services.reduce((sum, { capacityCores }) => sum + capacityCores, 0);
    const told = solvePlan(problem(0.1)).plan.chains[0]!.coresPer10Ms!;
    expect((10 * (cores(0.0995) - cores(0.1005))) / told).toBeCloseTo(1, 1);
  });

  it('of max_cpu: what a little more of it saves, at the bound, at the kink and above it', () => {
    const problems: readonly PlanningProblem[] = [
      // At the largest capacity.
      {
        services: [service('a', { maxInstances: 1, maxCpu: 1.4, parallelism: 100 }), service('b')],
        chains: [chain('c', [[[visit('a')]], [[visit('b')]]], { sloSeconds: 0.095 })],
      },
      // Above the kink, where a larger instance saves instances, and waiting.
      {
        services: [
          service('a', { maxCpu: 1, parallelism: 100, instanceCost: 40, verticalExponent: 0.5 }),
          service('b'),
        ],
        chains: [chain('c', [[[visit('a')]], [[visit('b')]]], { rate: 200 })],
      },
      // At the kink: one instance is as large as it may be, and a second one too dear.
      {
        services: [
          service('a', { maxCpu: 1.4, parallelism: 100, instanceCost: 400, verticalExponent: 0.5 }),
          service('b'),
        ],
        chains: [chain('c', [[[visit('a')]], [[visit('b')]]], { sloSeconds: 0.09 })],
      },
    ];
    for (const [i, problem] of problems.entries()) {
      const saves = solvePlan(problem).plan.services[0]!.maxCpuSaves;
      const slope = slopeOf(
        (by) => withService(problem, 'a', ({ maxCpu }) => ({ maxCpu: maxCpu + by })),
        0.02,
      );
      expect(saves, `problem ${i}`).toBeGreaterThan(0);
      expect(saves! / -slope, `problem ${i}`).toBeGreaterThan(0.9);
      expect(saves! / -slope, `problem ${i}`).toBeLessThan(1.1);
    }
  });

  it('of max_instances: what a core more at the bound would save, times the cores of an instance', () => {
    const bound = (maxCpu: number): PlanningProblem => ({
      services: [service('a', { maxInstances: 3, maxCpu, parallelism: maxCpu }), service('b')],
      chains: [chain('c', [[[visit('a', { demand: 0.018 })]], [[visit('b')]]], { sloSeconds: 0.1 })],
    });
    const { maxInstancesSaves } = solvePlan(bound(0.8)).plan.services[0]!;
    const slope = slopeOf((by) => bound(0.8 + by), 0.01) / 3;
    expect(maxInstancesSaves! / (-slope * 0.8)).toBeGreaterThan(0.9);
    expect(maxInstancesSaves! / (-slope * 0.8)).toBeLessThan(1.1);
  });

  it('are nothing where no bound and no SLO binds', () => {
    const easy = chain('c', [[[visit('a')]]], { sloSeconds: 10, rate: 1 });
    const { plan } = solvePlan({ services: [service('a')], chains: [easy] });
    expect(plan.services[0]).not.toHaveProperty('maxCpuSaves');
    expect(plan.services[0]).not.toHaveProperty('maxInstancesSaves');
    expect(plan.chains[0]).not.toHaveProperty('coresPer10Ms');
    expect(plan.chains[0]!.shadowPrice).toBe(0);
  });
});

function moved(problem: PlanningProblem, id: string, by: number): PlanningProblem {
  const chains = problem.chains.map((entry) =>
    entry.id === id ? { ...entry, sloSeconds: entry.sloSeconds + by } : entry,
  );
  return { ...problem, chains };
}
