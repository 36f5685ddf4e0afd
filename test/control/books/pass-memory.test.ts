import { describe, expect, it } from 'vitest';
import { PassMemory } from '../../../src/control/books/pass-memory.ts';
import type { Decision, PassTrigger } from '../../../src/models/decisions.ts';
import { allocation, NOW } from '../fixtures.ts';

function decisionAt(atSeconds: number, cpu: number, trigger: PassTrigger = 'interval'): Decision {
  const service = {
    id: 's',
    mode: 'recommend' as const,
    ...allocation(cpu),
    current: { ...allocation(4), source: 'initial' as const, sinceSeconds: 0 },
    planned: allocation(cpu),
    status: 'keep' as const,
    reason: 'no-change' as const,
    explanation: 'Stays.',
  };
  const figures = { cost: 1, lowerBound: 1, gap: 0, durationMs: 1 };
  return {
    id: `d${atSeconds}`,
    atSeconds,
    trigger,
    status: 'decided',
    services: [service],
    chains: [],
    ...figures,
  };
}

/** A pass that only resized another service in place. */
function inPlaceAt(atSeconds: number): Decision {
  const decision = decisionAt(atSeconds, 1, 'in-place');
  return { ...decision, services: decision.services.map((service) => ({ ...service, id: 'in-place' })) };
}

function plansOf(times: readonly number[]): number[] {
  const memory = new PassMemory();
  for (const [index, at] of times.entries()) memory.remember(decisionAt(at, index + 1));
  return (memory.plansSince(NOW - 300, NOW).get('s') ?? []).map(({ cpu }) => cpu);
}

describe('the memory of passes', () => {
  it('knows what was planned throughout a time, also by the decision that held when it began', () => {
    // Passes every 300 s on a clock that drifts: the one before lies just outside of 300 s.
    expect(plansOf([NOW - 600.1, NOW - 300.05])).toEqual([2]);
    expect(plansOf([NOW - 900, NOW - 400, NOW - 200, NOW - 100])).toEqual([2, 3, 4]);
    expect(plansOf([NOW - 100])).toEqual([1]);
    expect(plansOf([])).toEqual([]);
  });

  it('leaves out what was decided before the clock was set back', () => {
    expect(plansOf([NOW - 200, NOW + 3000])).toEqual([1]);
  });

  it('knows what was shrunk within a time, and when last', () => {
    const memory = new PassMemory();
    for (const at of [NOW - 400, NOW - 200, NOW - 100]) {
      const decision = decisionAt(at, 1);
      const status = at === NOW - 100 ? ('keep' as const) : ('shrink' as const);
      memory.remember({
        ...decision,
        services: decision.services.map((service) => ({ ...service, status })),
      });
    }
    expect([...memory.shrunkSince(NOW - 300, NOW)]).toEqual([['s', NOW - 200]]);
    expect([...memory.shrunkSince(NOW - 150, NOW)]).toEqual([]);
  });

  it('recommends what was decided last', () => {
    const memory = new PassMemory();
    expect([...memory.recommendations()]).toEqual([]);
    memory.remember(decisionAt(NOW, 3));
    expect(memory.recommendations().get('s')).toEqual(allocation(3));
  });

  it('knows what a service was planned by the pass over all services, however many were in place since', () => {
    const memory = new PassMemory();
    memory.remember(decisionAt(NOW - 3000, 7));
    for (let ago = 2985; ago > 0; ago -= 15) memory.remember(inPlaceAt(NOW - ago));
    memory.remember(decisionAt(NOW, 2));
    const plans = memory.plansSince(NOW - 300, NOW);
    expect(plans.get('s')!.map(({ cpu }) => cpu)).toEqual([7, 2]);
    // Its own passes are as often as that: the one that held when the time began, and 20 since.
    expect(plans.get('in-place')).toHaveLength(20);
    expect(memory.plansSince(NOW - 60, NOW).get('in-place')).toHaveLength(4);
  });

  it('goes by the passes over all services for the load that was planned for', () => {
    const memory = new PassMemory();
    const chain = { id: 'c', sloSeconds: 1, percentile: 0.95, feasible: true, binding: [], shadowPrice: 0 };
    memory.remember({ ...decisionAt(NOW - 60, 1), chains: [{ ...chain, plannedRate: 10 }] });
    memory.remember({ ...inPlaceAt(NOW), chains: [{ ...chain, plannedRate: 30 }] });
    expect(memory.plannedRate('c')).toBe(10);
    expect(memory.latest?.atSeconds).toBe(NOW);
  });
});
