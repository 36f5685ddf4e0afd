import { describe, expect, it } from 'vitest';
import { PassMemory } from '../../../src/control/books/pass-memory.ts';
import type { Decision } from '../../../src/models/decisions.ts';
import { allocation, NOW } from '../fixtures.ts';

function decisionAt(atSeconds: number, cpu: number): Decision {
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
    trigger: 'interval',
    status: 'decided',
    services: [service],
    chains: [],
    ...figures,
  };
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
});
