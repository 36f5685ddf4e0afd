import { describe, expect, it } from 'vitest';
import { corrections } from '../../src/control/corrections.ts';
import type { MeasuredTraffic } from '../../src/control/observe/chain-violation.ts';
import type { CapacityPlanner, PlanRequest } from '../../src/models/ports.ts';
import { initialCapacities, NOW, observationOf, settingsWith } from './fixtures.ts';

const settings = settingsWith();
const CHAIN = 'order-processing';
const request: PlanRequest = {
  topology: settings.topology,
  loads: new Map([[CHAIN, 99]]),
  capacities: new Map(),
  workingSets: new Map(),
};

/** Expects a hundredth of a second for each request/s of the chain. */
const planner: CapacityPlanner = {
  plan: () => {
    throw new Error('nothing is planned here');
  },
  tryPlan: () => {
    throw new Error('nothing is planned here');
  },
  evaluate: ({ loads, corrections: applied }) => {
    expect([...(applied ?? [])]).toEqual([]);
    return new Map([[CHAIN, (loads.get(CHAIN) ?? 0) / 100]]);
  },
  slowShares: () => new Map(),
};
const parts = { planner, settings, capacities: initialCapacities(settings) };

const measured = (rate: number, latency: number): MeasuredTraffic => ({
  rate,
  latency,
  serviceSeconds: new Map(),
});

function factorOf(settled: readonly MeasuredTraffic[], before = new Map()): number | undefined {
  const observation = observationOf(settings);
  const chain = { ...observation.chains.get(CHAIN)!, settled };
  const found = { ...observation, chains: new Map([[CHAIN, chain]]) };
  return corrections(parts, found, request, before).get(CHAIN)?.factor;
}

describe('corrections of planned latency', () => {
  it('are what was measured over what was expected of the same load, the smaller of two stretches', () => {
    expect(factorOf([measured(40, 0.6), measured(40, 0.5)])).toBeCloseTo(1.25);
    expect(factorOf([measured(40, 0.5), measured(40, 0.6)])).toBeCloseTo(1.25);
  });

  it('are not made while a chain keeps the margin of its SLO, or before its capacity has settled', () => {
    expect(factorOf([measured(20, 0.44), measured(20, 0.6)])).toBeUndefined();
    expect(factorOf([])).toBeUndefined();
  });

  it('are never below 1, and none where work is piling up', () => {
    expect(factorOf([measured(90, 0.5), measured(90, 0.5)])).toBe(1);
    expect(factorOf([measured(1, 5), measured(1, 5)])).toBeUndefined();
  });

  it('fade by half in half an hour once they are not needed', () => {
    const before = new Map([[CHAIN, { factor: 1.4, atSeconds: NOW - 1800 }]]);
    expect(factorOf([], before)).toBeCloseTo(1.2);
  });
});
