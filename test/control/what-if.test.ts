import { describe, expect, it } from 'vitest';
import { learn } from '../../src/control/learn.ts';
import { observe } from '../../src/control/observe/observation.ts';
import { planRequest } from '../../src/control/plan-request.ts';
import { whatIf } from '../../src/control/what-if.ts';
import type { WhatIfChanges } from '../../src/models/daemon.ts';
import { NOW } from './fixtures.ts';
import { type Parts, partsOf, recordMinute } from './parts.ts';

const NOTHING: WhatIfChanges = { loads: {}, slos: {}, bounds: {} };

function learned(): Parts {
  const parts = partsOf();
  for (let minute = 0; minute < 10; minute += 1) {
    parts.clock.advance(60);
    recordMinute(parts, NOW + 60 * minute);
  }
  parts.clock.advance(10);
  learn(parts, parts.clock.nowSeconds());
  return parts;
}

const coresOf = (parts: Parts, changes: Partial<WhatIfChanges>) => {
  const { plan } = whatIf(parts, { ...NOTHING, ...changes });
  return plan.services.reduce((sum, { cpu, instances }) => sum + cpu * instances, 0);
};

describe('a question of what if', () => {
  it('is answered with the present load where nothing else is asked', () => {
    const { loads } = whatIf(learned(), NOTHING);
    expect(loads['order-processing']).toBeCloseTo(20 / 60);
  });

  it('needs more for more load and for a tighter SLO', () => {
    const parts = learned();
    const present = coresOf(parts, { loads: { 'order-processing': 10 } });
    expect(coresOf(parts, { loads: { 'order-processing': 100 } })).toBeGreaterThan(present);
    const tighter = { loads: { 'order-processing': 10 }, slos: { 'order-processing': 0.12 } };
    expect(coresOf(parts, tighter)).toBeGreaterThan(present);
  });

  it('keeps to the bounds that are asked for', () => {
    const bounds = { 'auth-service': { minInstances: 3, minCpu: 1 } };
    const { plan } = whatIf(learned(), { ...NOTHING, bounds });
    const service = plan.services.find(({ id }) => id === 'auth-service');
    expect(service?.instances).toBeGreaterThanOrEqual(3);
    expect(service?.cpu).toBeGreaterThanOrEqual(1);
  });

  it('keeps to other caps, and says what they and the SLOs cost', () => {
    const parts = learned();
    const asked = { ...NOTHING, loads: { 'order-processing': 60 } };
    const free = whatIf(parts, asked);
    expect(free.caps).toBeUndefined();
    const cores = coresOf(parts, asked);
    const { caps, plan, explanations } = whatIf(parts, { ...asked, caps: { cpu: 0.8 * cores } });
    const used = plan.services.reduce((sum, { cpu, instances }) => sum + cpu * instances, 0);
    expect(used).toBeLessThanOrEqual(0.8 * cores + 1e-9);
    expect(caps).toMatchObject([{ resource: 'cpu', binds: true, wanted: cores, used }]);
    expect(caps![0]!.explanation).toMatch(/^control\.max_total_cpu allows .* cores, .* would be needed/);
    expect(explanations.get('order-processing')).toMatch(/\.$/);
  });

  it('says nothing of what a chain costs that is known in part only', () => {
    const parts = learned();
    parts.profiles.reset('payment-service');
    const { explanations, unplanned } = whatIf(parts, { ...NOTHING, loads: { 'order-processing': 60 } });
    expect(unplanned).toContain('payment-service');
    expect(explanations.has('order-processing')).toBe(false);
  });

  it('changes nothing', () => {
    const parts = learned();
    const before = JSON.stringify([
      parts.settings.topology.chains.get('order-processing'),
      parts.capacities.inForce('auth-service'),
    ]);
    whatIf(parts, { ...NOTHING, loads: { 'order-processing': 50 }, slos: { 'order-processing': 0.1 } });
    expect(
      JSON.stringify([
        parts.settings.topology.chains.get('order-processing'),
        parts.capacities.inForce('auth-service'),
      ]),
    ).toBe(before);
    expect(parts.memory.request).toBeUndefined();
    expect(parts.memory.latest).toBeUndefined();
  });

  it('has the same answer whatever was asked in between, and no part in the next plan', () => {
    const [parts, other] = [learned(), learned()];
    const changes = { ...NOTHING, loads: { 'order-processing': 80 }, slos: { 'user-registration': 0.15 } };
    const asked = () => ({ ...whatIf(parts, changes).plan, solveMs: 0 });
    const first = asked();
    whatIf(parts, { ...NOTHING, loads: { 'user-registration': 300 }, slos: { 'order-processing': 0.09 } });
    expect(asked()).toEqual(first);
    const request = (of: Parts) => planRequest(of, observe(of, of.clock.nowSeconds()), new Map());
    const planned = (of: Parts) => ({ ...of.planner.plan(request(of)).plan, solveMs: 0 });
    expect(planned(parts)).toEqual(planned(other));
  });

  it('is answered with the plan that a pass would make', () => {
    const parts = learned();
    const changes = { ...NOTHING, loads: { 'order-processing': 80 } };
    const { plan, loads } = whatIf(parts, changes);
    const request = planRequest(parts, observe(parts, parts.clock.nowSeconds()), new Map());
    const made = parts.planner.plan({ ...request, loads: new Map(Object.entries(loads)) });
    expect({ ...plan, solveMs: 0 }).toEqual({ ...made.plan, solveMs: 0 });
  });
});
