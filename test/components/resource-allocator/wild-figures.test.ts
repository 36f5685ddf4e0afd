import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { solvePlan } from '../../../src/components/resource-allocator/solve-plan.ts';
import { WarmStart } from '../../../src/components/resource-allocator/warm-start.ts';
import type { PlanningChain, PlanningProblem, PlanningService } from '../../../src/models/plans.ts';
import { chain, service, visit } from './fixtures.ts';

const RUNS = { seed: 17, numRuns: 400 };

/** Any order of magnitude between the two, or 0. */
function anySize(least: number, most: number) {
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant(0) },
    {
      weight: 9,
      arbitrary: fc
        .double({ min: Math.log10(least), max: Math.log10(most), noNaN: true })
        .map((x) => 10 ** x),
    },
  );
}

const IDS = ['a', 'b', 'c', 'd'];

const SERVICES: fc.Arbitrary<PlanningService[]> = fc.tuple(
  ...IDS.map((id) =>
    fc
      .record({
        pricePerCore: anySize(1e-6, 1e6),
        instanceCost: anySize(1e-6, 1e6),
        minCpu: anySize(1e-3, 4).map((cpu) => cpu || 0.1),
        more: anySize(1e-3, 100),
        minInstances: fc.integer({ min: 1, max: 3 }),
        moreInstances: fc.integer({ min: 0, max: 20 }),
        parallelism: anySize(0.1, 64).map((cores) => cores || 1),
        exponent: fc.oneof(fc.constant(1), fc.double({ min: 1, max: 20, noNaN: true })),
        verticalExponent: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 2, noNaN: true })),
      })
      .map(({ more, moreInstances, ...rest }) =>
        service(id, {
          ...rest,
          maxCpu: rest.minCpu + more,
          maxInstances: rest.minInstances + moreInstances,
        }),
      ),
  ),
);

const VISIT = fc
  .record({
    id: fc.constantFrom(...IDS),
    visits: anySize(1e-6, 1e3),
    demand: anySize(1e-12, 1e6),
    floor: anySize(1e-9, 1e3),
    queueing: anySize(1e-12, 1e6),
  })
  .map(({ id, ...figures }) => visit(id, figures));
const BRANCH = fc.array(VISIT, { minLength: 1, maxLength: 3 });
const STAGES = fc.array(fc.array(BRANCH, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 });

const CHAINS: fc.Arbitrary<PlanningChain[]> = fc
  .array(
    fc
      .record({
        sloSeconds: anySize(1e-9, 1e9).map((slo) => slo || 0.1),
        rate: anySize(1e-9, 1e9),
        composition: anySize(1e-3, 1e3).map((factor) => factor || 1),
        overheadSeconds: anySize(1e-6, 10),
        stages: STAGES,
      })
      .map(({ stages, ...figures }) => chain('c', stages, figures)),
    { minLength: 1, maxLength: 5 },
  )
  .map((chains) => chains.map((entry, c) => ({ ...entry, id: `c${c}` })));

const PROBLEM: fc.Arbitrary<PlanningProblem> = fc.record({ services: SERVICES, chains: CHAINS });

describe('whatever the size of the figures', () => {
  it('the answer is finite, inside the bounds, keeps the chains and is certified', () => {
    fc.assert(
      fc.property(PROBLEM, (problem) => {
        const warmStart = new WarmStart();
        expectSound(problem, warmStart);
        expectSound(problem, warmStart);
      }),
      RUNS,
    );
  });
});

function expectSound(problem: PlanningProblem, warmStart: WarmStart): void {
  const { plan } = solvePlan(problem, { warmStart });
  for (const figure of [plan.cost, plan.continuousCost, plan.lowerBound, plan.gap]) {
    expect(Number.isFinite(figure)).toBe(true);
  }
  expect(plan.gap).toBeLessThanOrEqual(1e-4);
  for (const [s, planned] of plan.services.entries()) {
    const { minCpu, maxCpu, minInstances, maxInstances } = problem.services[s]!;
    expect(planned.capacityCores).toBeGreaterThan(0);
    expect(planned.capacityCores).toBeLessThanOrEqual(maxCpu * maxInstances * (1 + 1e-9));
    expect(planned.cpu).toBeGreaterThanOrEqual(minCpu);
    expect(planned.cpu).toBeLessThanOrEqual(maxCpu);
    expect(planned.instances).toBeGreaterThanOrEqual(minInstances);
    expect(planned.instances).toBeLessThanOrEqual(maxInstances);
    expect(planned.utilization).not.toBeNaN();
  }
  for (const planned of plan.chains) {
    expect(Number.isFinite(planned.shadowPrice)).toBe(true);
    expect(planned.shadowPrice).toBeGreaterThanOrEqual(0);
    expect(planned.expectedLatency).not.toBeNaN();
    expect(planned.achievableLatency).not.toBeNaN();
    if (!planned.feasible) continue;
    expect(planned.expectedLatency).toBeLessThanOrEqual(planned.sloSeconds * (1 + 1e-6));
  }
}
