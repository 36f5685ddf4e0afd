import { describe, expect, it } from 'vitest';
import { Calibrations } from '../../../src/control/in-place/calibrations.ts';
import type { ServiceMode } from '../../../src/models/data-models.ts';
import type { CapacityPlanner, PlanRequest } from '../../../src/models/ports.ts';
import { allocation, NOW, settingsWith } from '../fixtures.ts';
import { partsOf } from '../parts.ts';

const CHAIN = 'user-registration';
const SERVICE = 'auth-service';

/** What the planner was last asked to evaluate. */
interface Asked {
  rate?: number | undefined;
  corrections?: ReadonlyMap<string, number> | undefined;
  cpu?: number | undefined;
}

/** A chain through one service that is expected at 100 ms, whatever is asked. */
function chainIn(mode: ServiceMode) {
  const settings = settingsWith();
  const { topology } = settings;
  const services = new Map([...topology.services].map(([id, spec]) => [id, { ...spec, mode }]));
  const parts = partsOf({ ...settings, topology: { ...topology, services } });
  const asked: Asked = {};
  const planner: CapacityPlanner = {
    plan: (request) => parts.planner.plan(request),
    tryPlan: (request) => parts.planner.tryPlan(request),
    evaluate: ({ loads, corrections }, capacities) => {
      Object.assign(asked, { rate: loads.get(CHAIN), corrections, cpu: capacities.get(SERVICE)?.cpu });
      return new Map([[CHAIN, 0.1]]);
    },
  };
  const request: PlanRequest = {
    topology: parts.settings.topology,
    loads: new Map([[CHAIN, 50]]),
    capacities: new Map(),
    workingSets: new Map(),
    corrections: new Map([[CHAIN, 2]]),
  };
  const calibrations = new Calibrations();
  return {
    parts,
    asked,
    /** The factors after a minute with `perSecond` requests/s of `seconds` each. */
    minute: (perSecond: number, seconds: number) => {
      for (let second = 0; second < 65; second += 1) {
        parts.clock.advance(1);
        if (perSecond > 0) parts.traffic.recordRequest(SERVICE, CHAIN, seconds, false, undefined, perSecond);
      }
      return calibrations.update({ ...parts, planner }, request, parts.clock.nowSeconds());
    },
  };
}

describe('how the latency of chains stands to what their profiles say', () => {
  it('is what was measured over what was to be expected of that load and capacity', () => {
    const { minute, asked } = chainIn('in-place');
    expect(minute(10, 0.15).get(CHAIN)).toBeCloseTo(1.5, 1);
    expect(asked.rate).toBeCloseTo(10, 0);
    // Corrections of before would be corrected once more.
    expect(asked.corrections?.get(CHAIN)).toBeUndefined();
    expect(asked.cpu).toBe(4);
  });

  it('is one to one for chains that too few requests tell of', () => {
    const { parts, minute } = chainIn('in-place');
    parts.traffic.recordRequest(SERVICE, CHAIN, 0.3, false, undefined, 5);
    const factors = minute(0, 0);
    expect([...factors.values()].every((factor) => factor === 1)).toBe(true);
    expect([...factors.keys()]).toContain(CHAIN);
  });

  it('learns from the minutes in which capacity changed by little, and not from a larger change', () => {
    const little = chainIn('in-place');
    little.parts.capacities.note(SERVICE, { ...allocation(3.8), source: 'applied', sinceSeconds: NOW + 30 });
    expect(little.minute(10, 0.15).get(CHAIN)).toBeCloseTo(1.5, 1);
    expect(little.asked.cpu).toBeGreaterThan(3.8);
    expect(little.asked.cpu).toBeLessThan(4);
    const much = chainIn('in-place');
    much.parts.capacities.note(SERVICE, { ...allocation(1), source: 'applied', sinceSeconds: NOW + 30 });
    expect(much.minute(10, 0.15).get(CHAIN)).toBe(1);
  });

  it.each<ServiceMode>(['rolling', 'recommend'])('is not asked of services in mode %s', (mode) => {
    const { minute } = chainIn(mode);
    expect(minute(10, 0.15)).toEqual(new Map());
  });
});
