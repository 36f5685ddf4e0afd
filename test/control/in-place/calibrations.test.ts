import { describe, expect, it, vi } from 'vitest';
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
  const pass = () => calibrations.update({ ...parts, planner }, request, parts.clock.nowSeconds());
  const run = (seconds: number, perSecond: number, latencySeconds: number) => {
    for (let second = 0; second < seconds; second += 1) {
      parts.clock.advance(1);
      if (perSecond > 0)
        parts.traffic.recordRequest(SERVICE, CHAIN, latencySeconds, false, undefined, perSecond);
    }
  };
  return {
    parts,
    asked,
    run,
    /** The factors of a pass now, after one that planned for `planned` requests/s. */
    passAfter: (planned: number) => {
      parts.memory.request = { ...request, loads: new Map([[CHAIN, planned]]) };
      return pass();
    },
    /** The factors after a minute with `perSecond` requests/s of `seconds` each. */
    minute: (perSecond: number, seconds: number) => {
      run(65, perSecond, seconds);
      return pass();
    },
  };
}

describe('how the latency of chains stands to what their profiles say', () => {
  it('is what was measured over what was to be expected of the load planned for and the capacity', () => {
    const { minute, asked } = chainIn('in-place');
    expect(minute(10, 0.14).get(CHAIN)).toBeCloseTo(1.4, 1);
    // Nothing was planned before: what is planned now.
    expect(asked.rate).toBe(50);
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

  it('goes by the mean of what the passes of the last minute planned for', () => {
    const { run, passAfter, asked } = chainIn('in-place');
    const rates = [20, 40, 90, 10, 20].map((planned) => {
      run(30, 10, 0.14);
      passAfter(planned);
      return asked.rate;
    });
    expect(rates).toEqual([20, 30, 65, 50, 15]);
  });

  it('goes by the mean capacity of the minute, however much that changed', () => {
    const { parts, minute, asked } = chainIn('in-place');
    parts.capacities.note(SERVICE, { ...allocation(1), source: 'applied', sinceSeconds: NOW + 30 });
    expect(minute(10, 0.14).get(CHAIN)).toBeCloseTo(1.4, 1);
    expect(asked.cpu).toBeCloseTo(2.5, 9);
  });

  it('is one to one where it is not known what a service ran with', () => {
    const { parts, minute } = chainIn('in-place');
    parts.capacities.voidInitial(SERVICE);
    expect(minute(10, 0.14).get(CHAIN)).toBe(1);
  });

  it('tells of objectives that were missed, or nearly, and of the load that was planned for then', () => {
    const missesAt = (share: number, perSecond: number) => {
      const { parts, minute } = chainIn('in-place');
      const miss = vi.spyOn(parts.nearLoads, 'miss');
      const { latencySeconds } = parts.settings.topology.chains.get(CHAIN)!.slo;
      minute(perSecond, share * latencySeconds);
      return miss.mock.calls.map(([chain, , planned]) => [chain, planned]);
    };
    expect(missesAt(1.1, 10)).toEqual([[CHAIN, 50]]);
    expect(missesAt(0.95, 10)).toEqual([[CHAIN, 50]]);
    expect(missesAt(0.8, 10)).toEqual([]);
    expect(missesAt(1.1, 0)).toEqual([]);
  });

  it('learns nothing from a minute of errors, which may be fast or slow for other reasons', () => {
    const failing = chainIn('in-place');
    for (let second = 0; second < 60; second += 1) {
      failing.run(1, 10, 0.14);
      failing.parts.traffic.recordRequest(SERVICE, CHAIN, 0.14, true, undefined, 10);
    }
    failing.run(5, 0, 0);
    expect(failing.passAfter(50).get(CHAIN)).toBe(1);
  });

  it.each<ServiceMode>(['rolling', 'recommend'])('is not asked of services in mode %s', (mode) => {
    const { minute } = chainIn(mode);
    expect(minute(10, 0.15)).toEqual(new Map());
  });
});
