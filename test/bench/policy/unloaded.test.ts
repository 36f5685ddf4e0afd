import { describe, expect, it } from 'vitest';
import { unloadedP95, usualSlo } from '../../../bench/policy/applications/unloaded.ts';
import type { Call } from '../../../bench/simulator/application.ts';

const visit = (demandSeconds: number, stages: Call['stages'] = [], more: Partial<Call> = {}): Call => ({
  service: 0,
  demandSeconds,
  sigma: 0.6,
  waitSeconds: 0,
  errorRatio: 0,
  stages,
  ...more,
});
/** 95 % of a standard normal is below it. */
const Z95 = 1.6448536;

/** 1 % is 2.5 standard errors of the draws. */
function expectNear(found: number, exact: number): void {
  expect(Math.abs(found / exact - 1)).toBeLessThan(0.01);
}

describe('the p95 of a chain without load', () => {
  it('is that of the lognormal for a single visit, and that of the exponential', () => {
    const p95 = unloadedP95(visit(0.01));
    expectNear(p95, 0.01 * Math.exp(0.6 * Z95 - 0.18));
    expectNear(unloadedP95(visit(0.01, [], { distribution: 'exponential' })), 0.01 * Math.log(20));
    expect(unloadedP95(visit(0.01, [], { sigma: 0 }))).toBe(0.01);
  });

  it('adds stages and takes the slowest of parallel calls', () => {
    const fixed = (seconds: number, stages: Call['stages'] = []) => visit(seconds, stages, { sigma: 0 });
    const tree = fixed(1, [[fixed(2), fixed(3, [[fixed(4)]])], [fixed(5)]]);
    expect(unloadedP95(tree, 10)).toBe(1 + (3 + 4) + 5);
  });

  it('is larger for the slowest of two, as their joint distribution says', () => {
    const slowest = unloadedP95(visit(0, [[visit(0.01), visit(0.01)]], { sigma: 0 }));
    // Both below it with probability 0.95: each at its quantile sqrt(0.95) = 0.97468, z = 1.9545.
    expectNear(slowest, 0.01 * Math.exp(0.6 * 1.9545 - 0.18));
  });

  it('counts waits without CPU', () => {
    const p95 = unloadedP95(visit(0, [], { sigma: 0, waitSeconds: 0.002 }));
    expectNear(p95, 0.002 * Math.log(20));
  });

  it('is the same each time, and a third of the objective', () => {
    const root = visit(0.003, [[visit(0.002), visit(0.001)]]);
    expect(unloadedP95(root)).toBe(unloadedP95(root));
    expect(usualSlo(root)).toBe(3 * unloadedP95(root));
  });
});
