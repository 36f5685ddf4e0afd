import { describe, expect, it } from 'vitest';
import type { PlanOutcome } from '../../../../src/models/ports.ts';
import { allocatorWith, asked, BASE, coresOf, LOADS, shapesOf, topologyIn } from './in-place-fixtures.ts';

describe('caps on what all services have together', () => {
  const total = (outcome: PlanOutcome) => Object.values(coresOf(outcome)).reduce((sum, each) => sum + each);
  const free = allocatorWith().plan(asked());

  it('change nothing where they do not bind', () => {
    const capped = allocatorWith().plan(asked({ caps: { cpu: 1.01 * total(free), memory: 1e6 } }));
    expect(shapesOf(capped)).toEqual(shapesOf(free));
    expect(capped.plan.chains).toEqual(free.plan.chains);
  });

  it('are kept where they do', () => {
    for (const share of [0.99, 0.8, 0.5]) {
      const capped = allocatorWith().plan(asked({ caps: { cpu: share * total(free) } }));
      expect(total(capped)).toBeLessThanOrEqual(share * total(free) + 1e-9);
      expect(capped.plan.chains.map(({ id }) => id)).toEqual(Object.keys(LOADS));
    }
  });

  it('have the curves of all services divide what there is', () => {
    const caps = { cpu: 0.8 * total(free) };
    const rolling = topologyIn({ 'auth-service': 'rolling', 'payment-service': 'rolling' });
    const byCurves = allocatorWith({ cpuQuantum: 0.01 }).plan(asked({ caps }, rolling));
    const capped = allocatorWith().plan(asked({ caps }));
    expect(shapesOf(capped)).toEqual(shapesOf(byCurves));
    expect(capped.plan.chains).toEqual(byCurves.plan.chains);
  });

  it('of memory are kept, and change nothing where there is just enough', () => {
    const memory = free.plan.services.reduce((sum, each) => sum + each.memory * each.instances, 0);
    const capped = allocatorWith().plan(asked({ caps: { memory } }));
    expect(shapesOf(capped)).toEqual(shapesOf(free));
  });
});

describe('where a chain passes through services of both kinds', () => {
  it('all of them are planned by their curves, at what that needs', () => {
    const mixed = topologyIn({ 'payment-service': 'rolling' });
    const allocator = allocatorWith({ inPlaceQuantum: 0.05 });
    const rolling = topologyIn({ 'auth-service': 'rolling', 'payment-service': 'rolling' });
    const outcome = allocator.plan(asked({}, mixed));
    // auth-service is shared with a chain through payment-service, so nothing is left to plan by quotas.
    expect(shapesOf(outcome)).toEqual(shapesOf(allocatorWith().plan(asked({}, rolling))));
    expect(allocator.slowShares(asked({}, mixed), new Map())).toEqual(new Map());
    for (const chain of outcome.plan.chains)
      expect(chain.expectedLatency).toBeLessThanOrEqual(0.9 * chain.sloSeconds + 1e-9);
  });

  it('those that no such chain comes to are planned by quotas', () => {
    const { services, chains } = topologyIn({ 'payment-service': 'rolling' });
    const apart = new Map([...chains].filter(([id]) => id !== 'order-processing'));
    const split = new Map(
      [...services.values()].map((service): [string, typeof service] => [
        service.id,
        { ...service, chains: service.chains.filter((id) => apart.has(id)) },
      ]),
    );
    const question = asked({}, { services: split, chains: apart });
    const allocator = allocatorWith();
    const outcome = allocator.plan(question);
    expect([...allocator.slowShares(question, shapesOf(outcome)).keys()]).toEqual(['user-registration']);
    const [registration, subscription] = outcome.plan.chains;
    expect(registration!.expectedLatency).toBeGreaterThan(BASE);
    expect(subscription!.expectedLatency).toBeLessThanOrEqual(0.9 * subscription!.sloSeconds + 1e-9);
    const { cpu } = shapesOf(outcome).get('payment-service')!;
    expect(cpu * 20).toBeCloseTo(Math.round(cpu * 20), 9);
  });
});
