import { describe, expect, it } from 'vitest';
import { solvePlan } from '../../../src/components/resource-allocator/solve-plan.ts';
import type { Caps, Plan, PlanningProblem } from '../../../src/models/plans.ts';
import { chain, service, visit } from './fixtures.ts';
import { leastViolation, violationWith } from './least-violation.ts';
import { demandOf, waitFor } from './model.ts';
import { shapeProblem } from './shape-problems.ts';

const coresOf = (plan: Plan) => plan.services.reduce((sum, { cpu, instances }) => sum + cpu * instances, 0);
const memoryOf = (plan: Plan) =>
  plan.services.reduce((sum, { memory, instances }) => sum + memory * instances, 0);

/** Two or three services; priorities of 1, 2 and 3. */
function cappedProblem(seed: number, size: number): PlanningProblem {
  const problem = shapeProblem(seed, size);
  return {
    ...problem,
    chains: problem.chains.map((entry, i) => ({ ...entry, priority: 1 + (i % 3) })),
  };
}

/** Between 60 and 99 % of what is taken without caps. */
function capsFor(seed: number, plan: Plan, kinds: readonly ('cpu' | 'memory')[]): Caps {
  const share = 0.6 + (0.39 * ((seed * 37) % 100)) / 100;
  return {
    ...(kinds.includes('cpu') && { cpu: share * coresOf(plan) }),
    ...(kinds.includes('memory') && { memory: share * memoryOf(plan) }),
  };
}

function violationOf(problem: PlanningProblem, plan: Plan): number {
  const shapes = new Map(plan.services.map((entry) => [entry.id, entry]));
  return violationWith(problem, (id) => {
    const entry = problem.services.find((candidate) => candidate.id === id)!;
    const { instances, cpu } = shapes.get(id)!;
    const used = Math.min(cpu, entry.parallelism);
    return waitFor(entry, demandOf(problem, id), instances * used, used);
  });
}

describe('plans under caps', () => {
  it.each([
    { kinds: ['cpu'] as const, size: 2, count: 80 },
    { kinds: ['memory'] as const, size: 2, count: 80 },
    { kinds: ['cpu', 'memory'] as const, size: 2, count: 60 },
    { kinds: ['cpu'] as const, size: 3, count: 40 },
  ])('violate the SLOs as little as any shapes within $kinds can, with $size services', (setting) => {
    const found: number[] = [];
    for (let seed = 0; seed < setting.count; seed++) {
      const problem = cappedProblem(seed, setting.size);
      const caps = capsFor(seed, solvePlan(problem).plan, setting.kinds);
      const { plan } = solvePlan({ ...problem, caps });
      const best = leastViolation(problem, caps);
      if (!Number.isFinite(best)) continue;
      expect(coresOf(plan), `problem ${seed}`).toBeLessThanOrEqual((caps.cpu ?? 1e9) * (1 + 1e-6));
      expect(memoryOf(plan), `problem ${seed}`).toBeLessThanOrEqual((caps.memory ?? 1e9) * (1 + 1e-6));
      const own = violationOf(problem, plan);
      expect(own, `problem ${seed}`).toBeGreaterThanOrEqual(best - 1e-9);
      found.push(own - best);
    }
    expect(found.length).toBeGreaterThan(15);
    const isWorse = found.filter((excess) => excess > 1e-6);
    expect(isWorse.length).toBeLessThanOrEqual(Math.max(1, 0.05 * found.length));
  });

  it('are the very same as without caps when these do not bind', () => {
    for (let seed = 0; seed < 40; seed++) {
      const problem = shapeProblem(seed);
      const { solveMs: _, ...free } = solvePlan(problem).plan;
      const caps = { cpu: coresOf({ ...free, solveMs: 0 }), memory: memoryOf({ ...free, solveMs: 0 }) };
      const { solveMs: __, caps: told, ...capped } = solvePlan({ ...problem, caps }).plan;
      expect(capped).toEqual(free);
      expect(told).toMatchObject({ violation: 0, starved: [], cpu: { binds: false, shadowPrice: 0 } });
    }
  });

  /** Two equal lines of one service each, with room for about one and a half of them. */
  const rivals = (first: number, second: number): PlanningProblem => ({
    services: [service('a'), service('b')],
    chains: [
      chain('first', [[[visit('a')]]], { priority: first, sloSeconds: 0.035 }),
      chain('second', [[[visit('b')]]], { priority: second, sloSeconds: 0.035 }),
    ],
  });

  it('keep the SLO of the chain with the higher priority, whichever that is', () => {
    const free = coresOf(solvePlan(rivals(1, 1)).plan);
    const caps = { cpu: 0.85 * free };
    const late = (plan: Plan) =>
      plan.chains.filter((c) => c.expectedLatency > c.sloSeconds * (1 + 1e-9)).map(({ id }) => id);
    expect(late(solvePlan({ ...rivals(9, 1), caps }).plan)).toEqual(['second']);
    expect(late(solvePlan({ ...rivals(1, 9), caps }).plan)).toEqual(['first']);
  });

  it('give up the margins before any SLO', () => {
    const problem = rivals(1, 1);
    const chains = problem.chains.map((entry) => ({ ...entry, targetSeconds: 0.8 * entry.sloSeconds }));
    const wanted = coresOf(solvePlan({ ...problem, chains }).plan);
    const needed = coresOf(solvePlan(problem).plan);
    const cpu = (wanted + needed) / 2;
    const { plan } = solvePlan({ ...problem, chains, caps: { cpu } });
    expect(coresOf(plan)).toBeLessThanOrEqual(cpu);
    expect(plan.caps).toMatchObject({ violation: 0, cpu: { binds: true, shadowPrice: 0 } });
    for (const { expectedLatency, sloSeconds } of plan.chains) {
      expect(expectedLatency).toBeLessThanOrEqual(sloSeconds);
      expect(expectedLatency).toBeGreaterThan(0.8 * sloSeconds);
    }
  });

  it('tell what one core more would save: the price agrees with finite differences', () => {
    const fine = (cpu: number): Plan => {
      const { services, chains } = rivals(1, 2);
      const small = services.map((entry) => ({ ...entry, quantum: 1e-4, minCpu: 0.01 }));
      return solvePlan({ services: small, chains, caps: { cpu } }).plan;
    };
    const [less, more] = [fine(2.45), fine(2.46)];
    const slope = (less.caps!.violation - more.caps!.violation) / 0.01;
    const price = (less.caps!.cpu!.shadowPrice + more.caps!.cpu!.shadowPrice) / 2;
    expect(price / slope).toBeGreaterThan(0.95);
    expect(price / slope).toBeLessThan(1.05);
  });

  it('prefer fewer and larger instances when memory is what is scarce', () => {
    const services = [
      service('a', { maxCpu: 1, parallelism: 1, memory: 1000 }),
      service('b', { memory: 1000 }),
    ];
    const chains = [chain('c', [[[visit('a')]], [[visit('b')]]], { rate: 150 })];
    const free = solvePlan({ services, chains }).plan;
    const { plan } = solvePlan({ services, chains, caps: { memory: memoryOf(free) - 1000 } });
    expect(memoryOf(plan)).toBeLessThanOrEqual(memoryOf(free) - 1000);
    expect(plan.services[0]!.instances).toBeLessThan(free.services[0]!.instances);
    expect(plan.services[1]!.cpu).toBeGreaterThan(free.services[1]!.cpu);
    expect(plan.caps!.memory).toMatchObject({ binds: true });
  });

  it('are the least shapes when even these are over the cap', () => {
    const { plan } = solvePlan({ ...rivals(1, 1), caps: { cpu: 0.15 } });
    expect(plan.services).toMatchObject([
      { cpu: 0.1, instances: 1 },
      { cpu: 0.1, instances: 1 },
    ]);
    expect(plan.caps).toMatchObject({ starved: ['a', 'b'], cpu: { limit: 0.15, used: 0.2, least: 0.2 } });
    expect(Number.isFinite(plan.caps!.violation) && Number.isFinite(plan.cost) && plan.gap <= 1e-4).toBe(
      true,
    );
  });

  it('do not take the cores of all services for a memory cap that even the least shapes are over', () => {
    const free = solvePlan(rivals(1, 1)).plan;
    const least = rivals(1, 1).services.reduce((sum, own) => sum + own.memory * own.minInstances, 0);
    const { plan } = solvePlan({ ...rivals(1, 1), caps: { memory: 0.9 * least, cpu: coresOf(free) } });
    expect(plan.chains.map(({ expectedLatency }) => expectedLatency <= 0.035)).toEqual([true, true]);
    expect(plan.caps).toMatchObject({ starved: [], memory: { used: least, least, limit: 0.9 * least } });
  });

  it('starve only those whose least shape leaves more of what is scarce', () => {
    const services = [
      service('small', { maxCpu: 4 }),
      service('wide', { maxCpu: 0.5, maxInstances: 20, parallelism: 0.5 }),
    ];
    const chains = [
      chain('one', [[[visit('small')]]], { rate: 100, priority: 1 }),
      chain('many', [[[visit('wide')]]], { rate: 400, priority: 2 }),
    ];
    const { plan } = solvePlan({ services, chains, caps: { memory: 4 * 128 } });
    expect(plan.caps!.starved).toEqual(['wide']);
    expect(plan.chains[0]!.expectedLatency).toBeLessThanOrEqual(plan.chains[0]!.sloSeconds);
  });

  it('serve the chains of higher priority where the load of all does not fit', () => {
    const { plan } = solvePlan({ ...rivals(1, 2), caps: { cpu: 1.95 } });
    expect(plan.caps!.starved).toEqual(['a']);
    expect(plan.chains[1]!.expectedLatency).toBeLessThanOrEqual(0.035);
    expect(coresOf(plan)).toBeLessThanOrEqual(1.95);
    expect(coresOf(plan)).toBeGreaterThan(1.9);
  });
});
