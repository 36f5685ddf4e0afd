import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOAD_FACTORS, ShareCurve } from '../../../src/control/in-place/share-curve.ts';

const line = (slope: number) => LOAD_FACTORS.map((load) => slope * load);

describe('the share of slow requests as a function of the load', () => {
  it('runs through its points, and on lines between them', () => {
    const curve = new ShareCurve(line(0.3));
    for (const load of [0.6, 0.61, 1, 1.27, 1.5, 2.9, 3]) expect(curve.at(load)).toBeCloseTo(0.3 * load, 12);
  });

  it('is that of the least load below it, and all of them above the largest', () => {
    const curve = new ShareCurve(line(0.1));
    expect(curve.at(0)).toBeCloseTo(0.06, 12);
    expect(curve.at(3.001)).toBe(1);
    expect(curve.at(Number.POSITIVE_INFINITY)).toBe(1);
    expect(curve.at(Number.NaN)).toBe(1);
  });

  it('is multiplied in its odds: factors multiply, and neither nothing nor everything is made another', () => {
    const odds = (share: number) => share / (1 - share);
    const share = fc.double({ min: 1e-6, max: 0.99, noNaN: true });
    const factor = fc.double({ min: 0.02, max: 5, noNaN: true });
    fc.assert(
      fc.property(share, factor, factor, (at, one, other) => {
        const curve = new ShareCurve(LOAD_FACTORS.map(() => at)).times(one).times(other);
        expect(odds(curve.at(1)) / (odds(at) * one * other)).toBeCloseTo(1, 6);
      }),
    );
    const certain = new ShareCurve(LOAD_FACTORS.map((load) => (load > 1 ? 1 : 0))).times(5);
    expect([certain.at(1), certain.at(1.1)]).toEqual([0, 1]);
  });
});
