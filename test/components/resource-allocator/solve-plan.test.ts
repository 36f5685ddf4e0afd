import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { solvePlan } from '../../../src/components/resource-allocator/solve-plan.ts';
import { WarmStart } from '../../../src/components/resource-allocator/warm-start.ts';
import type { Plan, PlanningProblem } from '../../../src/models/plans.ts';
import { chain, service, visit } from './fixtures.ts';
import { smallProblem } from './small-problems.ts';

const SEED = fc.integer({ min: 1000, max: 100_000 });
const RUNS = { seed: 5, numRuns: 100 };

describe('solvePlan', () => {
  it('has the closed form for one service and one chain: C = D + D·γvb/(R − γva − δ)', () => {
    const { plan } = solvePlan({
      services: [service('s')],
      chains: [
        chain('c', [[[visit('s', { visits: 2, demand: 0.01, floor: 0.01, queueing: 0.02 })]]], {
          rate: 50,
          sloSeconds: 0.2,
          composition: 0.9,
          overheadSeconds: 0.01,
        }),
      ],
    });
    const spare = (1 * 0.9 * 2 * 0.02) / (0.2 - 0.9 * 2 * 0.01 - 0.01);
    expect(plan.services[0]!.demandCores).toBeCloseTo(1, 12);
    expect(plan.services[0]!.capacityCores).toBeCloseTo(1 + spare, 4);
    expect(plan.continuousCost).toBeCloseTo(100 * (1 + spare), 2);
    const slope = (100 * spare) / (0.2 - 0.9 * 2 * 0.01 - 0.01);
    expect(plan.chains[0]!.shadowPrice / slope).toBeCloseTo(1, 3);
    expect(plan.services[0]).toMatchObject({ cpu: 1.25, instances: 1 });
  });

  it('shares an SLO out where it is cheapest: spare capacity goes with sqrt(D·b)', () => {
    const stages = [
      [[visit('light', { demand: 0.001, floor: 0, queueing: 0.04 })]],
      [[visit('heavy', { demand: 0.016, floor: 0, queueing: 0.01 })]],
    ];
    const { plan } = solvePlan({
      services: [service('light'), service('heavy')],
      chains: [chain('c', stages, { rate: 100, sloSeconds: 0.1 })],
    });
    const [light, heavy] = plan.services.map((entry) => entry.capacityCores - entry.demandCores);
    expect(heavy! / light!).toBeCloseTo(Math.sqrt((1.6 * 0.01) / (0.1 * 0.04)), 2);
  });

  it('never costs less for more load', () => {
    fc.assert(
      fc.property(SEED, fc.double({ min: 1, max: 1.5, noNaN: true }), (seed, factor) => {
        const problem = smallProblem(seed);
        const more = withFirstChain(problem, (first) => ({ ...first, rate: first.rate * factor }));
        const [one, other] = [solvePlan(problem).plan, solvePlan(more).plan];
        fc.pre(isServed(one) && isServed(other));
        expect(other.continuousCost).toBeGreaterThanOrEqual(one.continuousCost * (1 - 1e-4));
      }),
      RUNS,
    );
  });

  it('never costs more for a looser SLO', () => {
    fc.assert(
      fc.property(SEED, fc.double({ min: 1, max: 3, noNaN: true }), (seed, factor) => {
        const problem = smallProblem(seed);
        const loose = withFirstChain(problem, (first) => ({
          ...first,
          sloSeconds: first.sloSeconds * factor,
        }));
        const [one, other] = [solvePlan(problem).plan, solvePlan(loose).plan];
        fc.pre(isServed(one) && isServed(other));
        expect(other.continuousCost).toBeLessThanOrEqual(one.continuousCost * (1 + 1e-4));
      }),
      RUNS,
    );
  });

  it('gives the very same answer whatever the order of services and chains', () => {
    fc.assert(
      fc.property(SEED, (seed) => {
        const problem = smallProblem(seed);
        const turned = {
          services: [...problem.services].reverse(),
          chains: [...problem.chains].reverse(),
        };
        const [one, other] = [solvePlan(problem).plan, solvePlan(turned).plan];
        expect([...other.services].reverse()).toEqual(one.services);
        expect([...other.chains].reverse()).toEqual(one.chains);
        expect(other.cost).toBe(one.cost);
        expect(other.lowerBound).toBe(one.lowerBound);
      }),
      RUNS,
    );
  });

  it('finds the same cost from a warm start, in no more sweeps', () => {
    fc.assert(
      fc.property(SEED, (seed) => {
        const problem = smallProblem(seed);
        const warmStart = new WarmStart();
        const cold = solvePlan(problem, { warmStart }).plan;
        const warm = solvePlan(problem, { warmStart }).plan;
        expect(warm.continuousCost / cold.continuousCost).toBeCloseTo(1, 3);
        expect(warm.gap).toBeLessThanOrEqual(1e-4);
        expect(warm.iterations).toBeLessThanOrEqual(cold.iterations);
      }),
      RUNS,
    );
  });

  it('takes a warm start from a problem with other chains and branches', () => {
    for (let seed = 0; seed < 40; seed++) {
      const warmStart = new WarmStart();
      solvePlan(smallProblem(seed), { warmStart });
      const changed = smallProblem(seed + 500);
      const warm = solvePlan(changed, { warmStart }).plan;
      const cold = solvePlan(changed).plan;
      expect(warm.gap).toBeLessThanOrEqual(1e-4);
      expect(warm.continuousCost / cold.continuousCost).toBeCloseTo(1, 3);
    }
  });

  it('takes no multipliers over where the branches of a chain are spread over its stages otherwise', () => {
    const branches = (...ids: string[]) => ids.map((id) => [visit(id, { floor: 0.001, queueing: 0.01 })]);
    const light = (id: string) => [visit(id, { floor: 0, queueing: 0 })];
    const services = ['a', 'b', 'c', 'd', 'e'].map((id) => service(id));
    const withStages = (sloSeconds: number, stages: PlanningProblem['chains'][number]['stages']) => ({
      services,
      chains: [chain('c', stages, { sloSeconds })],
    });
    const changed = withStages(0.03, [branches('a', 'b', 'c'), [light('d'), light('e')]]);
    const cold = solvePlan(changed).plan;
    const warmStart = new WarmStart();
    const before = [
      [...branches('a'), light('d')],
      [...branches('b'), light('c'), light('e')],
    ];
    solvePlan(withStages(0.02, before), { warmStart });
    const warm = solvePlan(changed, { warmStart }).plan;
    expect(warm.gap).toBeLessThanOrEqual(1e-4);
    expect(warm.continuousCost / cold.continuousCost).toBeCloseTo(1, 3);
  });

  it('has no price for a chain of which nothing is known any more', () => {
    const warmStart = new WarmStart();
    const services = [service('a')];
    const known = solvePlan({ services, chains: [chain('c', [[[visit('a')]]])] }, { warmStart }).plan;
    expect(known.chains[0]!.shadowPrice).toBeGreaterThan(0);
    const { plan } = solvePlan({ services, chains: [chain('c', [[[]]])] }, { warmStart });
    expect(plan.chains[0]!.shadowPrice).toBe(0);
  });

  it('plans an infeasible chain with 1.05 times what it can have and harms nobody else', () => {
    const hopeless = chain('hopeless', [[[visit('a', { floor: 0.5 })]]], { sloSeconds: 0.1 });
    const easy = chain('easy', [[[visit('b')]]], { sloSeconds: 0.1 });
    const services = [service('a'), service('b')];
    const { plan } = solvePlan({ services, chains: [hopeless, easy] });
    const alone = solvePlan({ services, chains: [easy] }).plan;
    expect(plan.chains[0]).toMatchObject({ feasible: false });
    expect(plan.chains[0]!.achievableLatency).toBeGreaterThan(0.5);
    expect(plan.chains[0]!.expectedLatency).toBeLessThanOrEqual(1.05 * plan.chains[0]!.achievableLatency);
    expect(plan.chains[1]).toMatchObject({ feasible: true });
    expect(plan.services[1]!.capacityCores).toBeCloseTo(alone.services[1]!.capacityCores, 3);
  });

  it('gives an overloaded service its maximum and says that its chains cannot be served', () => {
    const { plan } = solvePlan({
      services: [service('a', { maxInstances: 2 }), service('b')],
      chains: [chain('c', [[[visit('a')]], [[visit('b')]]], { rate: 1000 })],
    });
    expect(plan.services[0]).toMatchObject({ cpu: 4, instances: 2, capacityCores: 8 });
    expect(plan.chains[0]).toMatchObject({
      feasible: false,
      achievableLatency: Number.POSITIVE_INFINITY,
      expectedLatency: Number.POSITIVE_INFINITY,
      shadowPrice: 0,
      binding: [],
    });
    expect(Number.isFinite(plan.cost)).toBe(true);
  });

  it('counts a fixed service as it is', () => {
    const fixed = { cpu: 2, memory: 256, instances: 3 };
    const { plan } = solvePlan({
      services: [service('a', { fixed, pricePerMebibyte: 0.1 }), service('b')],
      chains: [chain('c', [[[visit('a')]], [[visit('b')]]])],
    });
    expect(plan.services[0]).toMatchObject({ ...fixed, capacityCores: 6 });
    expect(plan.services[0]!.utilization).toBeCloseTo(1 / 6, 12);
    expect(plan.chains[0]!.expectedLatency).toBeLessThanOrEqual(0.1);
  });

  it('names the services that carry a binding chain, the heaviest first, and prices its SLO', () => {
    const stages = [[[visit('slow', { floor: 0.05 })]], [[visit('quick', { floor: 0, queueing: 0.001 })]]];
    const { plan } = solvePlan({
      services: [service('quick'), service('slow')],
      chains: [chain('c', stages)],
    });
    expect(plan.chains[0]!.binding[0]).toBe('slow');
    expect(plan.chains[0]!.shadowPrice).toBeGreaterThan(0);
  });

  it('uses an instance only as far as its parallelism reaches', () => {
    const { plan } = solvePlan({
      services: [service('s', { parallelism: 1 })],
      chains: [chain('c', [[[visit('s')]]], { rate: 250 })],
    });
    expect(plan.services[0]!.instances).toBeGreaterThanOrEqual(3);
    expect(plan.services[0]!.cpu).toBeLessThanOrEqual(1);
  });
});

describe('solvePlan at the edges', () => {
  const odd: readonly (readonly [string, PlanningProblem])[] = [
    ['nothing at all', { services: [], chains: [] }],
    ['no chains', { services: [service('a'), service('b')], chains: [] }],
    ['no load', { services: [service('a')], chains: [chain('c', [[[visit('a')]]], { rate: 0 })] }],
    ['no demand', { services: [service('a')], chains: [chain('c', [[[visit('a', { demand: 0 })]]])] }],
    ['no waiting', { services: [service('a')], chains: [chain('c', [[[visit('a', { queueing: 0 })]]])] }],
    ['no floor', { services: [service('a')], chains: [chain('c', [[[visit('a', { floor: 0 })]]])] }],
    ['no visits', { services: [service('a')], chains: [chain('c', [[[visit('a', { visits: 0 })]]])] }],
    ['an empty branch', { services: [service('a')], chains: [chain('c', [[[]], [[], [visit('a')]]])] }],
    ['free cores', { services: [service('a', { pricePerCore: 0 })], chains: [chain('c', [[[visit('a')]]])] }],
    [
      'a tiny demand',
      { services: [service('a')], chains: [chain('c', [[[visit('a', { demand: 1e-300 })]]])] },
    ],
    ['a huge rate', { services: [service('a')], chains: [chain('c', [[[visit('a')]]], { rate: 1e300 })] }],
    [
      'a huge SLO',
      { services: [service('a')], chains: [chain('c', [[[visit('a')]]], { sloSeconds: 1e300 })] },
    ],
    [
      'a tiny SLO',
      { services: [service('a')], chains: [chain('c', [[[visit('a')]]], { sloSeconds: 1e-300 })] },
    ],
    [
      'a huge wait',
      { services: [service('a')], chains: [chain('c', [[[visit('a', { queueing: 1e100 })]]])] },
    ],
    [
      'one possible capacity',
      {
        services: [service('a', { minCpu: 4, maxCpu: 4, maxInstances: 1 })],
        chains: [chain('c', [[[visit('a')]]])],
      },
    ],
    [
      'less parallelism than the least cpu',
      {
        services: [service('a', { minCpu: 2, parallelism: 0.5, exponent: 2, verticalExponent: 1 })],
        chains: [chain('c', [[[visit('a')]]])],
      },
    ],
    [
      'a fixed service that is overloaded',
      {
        services: [service('a', { fixed: { cpu: 0.1, memory: 128, instances: 1 } }), service('b')],
        chains: [chain('c', [[[visit('a')], [visit('b')]]])],
      },
    ],
    [
      'a large exponent',
      { services: [service('a', { exponent: 60 })], chains: [chain('c', [[[visit('a')]]], { rate: 10 })] },
    ],
  ];
  for (const [name, problem] of odd) {
    it(`answers finitely with ${name}`, () => {
      const { plan } = solvePlan(problem);
      for (const figure of [plan.cost, plan.continuousCost, plan.lowerBound, plan.gap]) {
        expect(Number.isFinite(figure)).toBe(true);
      }
      expect(plan.gap).toBeLessThanOrEqual(1e-4);
      for (const planned of plan.services) {
        expect(Number.isFinite(planned.capacityCores)).toBe(true);
        expect(planned.cpu).toBeGreaterThanOrEqual(0.1);
        expect(planned.cpu).toBeLessThanOrEqual(4);
      }
      for (const planned of plan.chains) {
        expect(Number.isFinite(planned.shadowPrice)).toBe(true);
        expect(planned.expectedLatency).not.toBeNaN();
        if (planned.feasible)
          expect(planned.expectedLatency).toBeLessThanOrEqual(planned.sloSeconds * (1 + 1e-9));
      }
    });
  }
});

function isServed(plan: Plan): boolean {
  return plan.chains.every(({ feasible }) => feasible);
}

function withFirstChain(
  problem: PlanningProblem,
  change: (first: PlanningProblem['chains'][number]) => PlanningProblem['chains'][number],
): PlanningProblem {
  const [first, ...others] = problem.chains;
  return { services: problem.services, chains: [change(first!), ...others] };
}
