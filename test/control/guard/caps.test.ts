import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Draft } from '../../../src/control/draft.ts';
import { keepWithinCaps } from '../../../src/control/guard/caps.ts';
import { guard } from '../../../src/control/guard/guard.ts';
import { capacityCores } from '../../../src/control/shapes.ts';
import type { Caps } from '../../../src/models/plans.ts';
import type { Settings } from '../../../src/models/settings.ts';
import { allocation, draftOf, guardContext, observationOf, serviceOf, settingsWith } from '../fixtures.ts';

const shipped = settingsWith();
const auth = serviceOf(shipped);
const payment = serviceOf(shipped, 'payment-service');

function capped(caps: Caps, priorities: Readonly<Record<string, number>> = {}): Settings {
  const settings = settingsWith({ caps });
  const chains = [...settings.topology.chains].map(
    ([id, chain]) =>
      [id, { ...chain, slo: { ...chain.slo, priority: priorities[id] ?? chain.slo.priority } }] as const,
  );
  return { ...settings, topology: { ...settings.topology, chains: new Map(chains) } };
}

const decided = (drafts: readonly Draft[], settings: Settings) =>
  keepWithinCaps(drafts, guardContext(settings));
const coresOf = (drafts: readonly Draft[]) =>
  drafts.reduce((sum, { target }) => sum + target.cpu * target.instances, 0);
const memoryOf = (drafts: readonly Draft[]) =>
  drafts.reduce((sum, { target }) => sum + target.memory * target.instances, 0);

describe('caps on all services together', () => {
  const growing = [
    draftOf(auth, allocation(1), allocation(2)),
    draftOf(payment, allocation(1), allocation(3)),
  ];

  it('leave what fits as it is', () => {
    expect(decided(growing, capped({ cpu: 5 }))).toEqual(growing);
    expect(decided(growing, shipped)).toEqual(growing);
  });

  it('limit growth to what is free, in proportion, and say so', () => {
    const drafts = decided(growing, capped({ cpu: 3.5 }));
    expect(drafts.map(({ target }) => target)).toEqual([allocation(1.5), allocation(2)]);
    expect(drafts[0]).toMatchObject({
      reason: 'total-cap',
      explanation:
        'Goes to 1 × 1.5 cores, 1024 MiB: all services together may have 3.5 cores (control.max_total_cpu), and no more is free at present (wanted: 1 × 2 cores, 1024 MiB).',
    });
  });

  it('do not count on decreases that are held back', () => {
    const shrinking = draftOf(auth, allocation(3), allocation(1));
    const more = draftOf(payment, allocation(1), allocation(3));
    const settings = capped({ cpu: 4 });
    expect(decided([shrinking, more], settings)).toEqual([shrinking, more]);
    const violating = guardContext(settings, {
      observation: observationOf(settings, { violating: 'slow' }),
    });
    const held = guard([shrinking, more], violating);
    expect(held.map(({ target }) => target)).toEqual([allocation(3), allocation(1)]);
    expect(held.map(({ reason }) => reason)).toEqual(['would-violate', 'total-cap']);
  });

  it('leave no decrease that counted on growth which a decrease held back later has no room for', () => {
    const settings = capped({ cpu: 6 });
    const third = { ...auth, id: 'third', chains: ['subscription-management'] };
    const chains = new Map(settings.topology.chains);
    const renewal = chains.get('subscription-management')!;
    chains.set('subscription-management', { ...renewal, stages: [[[{ service: 'third', visits: 1 }]]] });
    const services = new Map([...settings.topology.services, ['third', third] as const]);
    const context = guardContext(
      { ...settings, topology: { services, chains } },
      {
        evaluate: (allocations) => {
          const cores = (...ids: string[]) => ids.reduce((sum, id) => sum + allocations.get(id)!.cpu, 0);
          return new Map([
            ['subscription-management', cores('third') < 3 ? 9 : 0.1],
            ['order-processing', cores(auth.id, payment.id) < 4 ? 9 : 0.1],
          ]);
        },
      },
    );
    const drafts = [
      draftOf(third, allocation(3), allocation(1)),
      draftOf(auth, allocation(3), allocation(1)),
      draftOf(payment, allocation(1), allocation(3)),
    ];
    expect(guard(drafts, context).map(({ target }) => target.cpu)).toEqual([3, 3, 1]);
  });

  it('let the plan take from chains that it has given up', () => {
    const shrinking = draftOf(auth, allocation(3), allocation(2));
    const more = draftOf(payment, allocation(1), allocation(2));
    const settings = capped({ cpu: 4 });
    const all = new Set(settings.topology.chains.keys());
    const context = guardContext(settings, {
      observation: observationOf(settings, { violating: 'slow' }),
      evaluate: () => new Map([...all].map((id) => [id, 99])),
      infeasible: all,
      givenUp: all,
    });
    expect(guard([shrinking, more], context)).toEqual([shrinking, more]);
  });

  it('let the services of more important chains grow first', () => {
    const settings = capped({ cpu: 3.5 }, { 'subscription-management': 5 });
    expect(decided(growing, settings).map(({ target }) => target)).toEqual([allocation(1), allocation(2.5)]);
  });

  it('count memory too, and let cores grow where only memory is short', () => {
    const drafts = [draftOf(auth, allocation(1, 1, 1000), allocation(2, 1, 4000))];
    expect(decided(drafts, capped({ memory: 2000 }))[0]!.target).toEqual(allocation(2, 1, 1000));
  });

  it('never shrink anything: what is over them already stays', () => {
    const drafts = [
      draftOf(auth, allocation(3), allocation(3)),
      draftOf(payment, allocation(2), allocation(3)),
    ];
    expect(decided(drafts, capped({ cpu: 2 })).map(({ target }) => target)).toEqual([
      allocation(3),
      allocation(2),
    ]);
  });

  it('are never exceeded by growth, whatever is asked for', () => {
    const any = fc.record({
      cpu: fc.integer({ min: 2, max: 80 }).map((steps) => steps * 0.05),
      instances: fc.integer({ min: 1, max: 10 }),
      memory: fc.integer({ min: 128, max: 8192 }),
    });
    fc.assert(
      fc.property(any, any, any, any, fc.double({ min: 0.2, max: 90, noNaN: true }), (a, b, c, d, cpu) => {
        const drafts = [draftOf(auth, a, b), draftOf(payment, c, d)];
        const caps = { cpu, memory: 600 * cpu };
        const before = drafts.map((draft) => ({ ...draft, target: draft.baseline }));
        const after = decided(drafts, capped(caps));
        expect(coresOf(after)).toBeLessThanOrEqual(Math.max(cpu, coresOf(before)) + 1e-6);
        expect(memoryOf(after)).toBeLessThanOrEqual(Math.max(caps.memory, memoryOf(before)) + 1e-6);
        for (const [i, { service, target, baseline }] of after.entries()) {
          const least = Math.min(capacityCores(service, baseline), capacityCores(service, drafts[i]!.target));
          expect(capacityCores(service, target)).toBeGreaterThanOrEqual(least - 1e-9);
        }
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
