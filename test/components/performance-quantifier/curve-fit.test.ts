import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CurveObservations,
  fitCurve,
} from '../../../src/components/performance-quantifier/curve-fit.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { normal } from './windows.ts';

const START = { floorSeconds: 1, queueingSeconds: 1 };

function observations(terms: readonly number[], latencies: readonly number[]): CurveObservations {
  const weights = new Float64Array(terms.length).fill(1);
  return {
    terms: Float64Array.from(terms),
    latencies: Float64Array.from(latencies),
    weights,
    offsets: new Float64Array(terms.length),
    count: terms.length,
  };
}

function fitTo(terms: readonly number[], latencies: readonly number[]) {
  return fitCurve(observations(terms, latencies), START, new Float64Array(terms.length));
}

describe('the fit of floor and queueing', () => {
  it('returns the curve that exact observations lie on', () => {
    const terms = [0.1, 0.3, 0.8, 1.5, 4, 9];
    const found = fitTo(
      terms,
      terms.map((x) => 0.02 + 0.05 * x),
    );
    expect(found.floorSeconds).toBeCloseTo(0.02, 5);
    expect(found.queueingSeconds).toBeCloseTo(0.05, 5);
    expect(found.queueingError).toBeLessThan(0.01);
  });

  it('is not moved by a tenth of garbage', () => {
    const random = seededRandom(5);
    const terms = Array.from({ length: 100 }, () => 0.1 + 4 * random());
    const clean = terms.map((x) => (0.02 + 0.05 * x) * Math.exp(0.05 * normal(random)));
    const dirty = clean.map((latency, i) => (i % 10 === 0 ? 20 * latency : latency));
    const [without, withGarbage] = [fitTo(terms, clean), fitTo(terms, dirty)];
    expect(Math.abs(withGarbage.floorSeconds / without.floorSeconds - 1)).toBeLessThan(0.06);
    expect(Math.abs(withGarbage.queueingSeconds / without.queueingSeconds - 1)).toBeLessThan(0.06);
  });

  it('says that equal loads do not tell floor from queueing', () => {
    const found = fitTo([0.5, 0.5, 0.5, 0.5], [0.1, 0.11, 0.09, 0.1]);
    expect(found.queueingError).toBe(Number.POSITIVE_INFINITY);
    expect(found.floorSeconds + 0.5 * found.queueingSeconds).toBeCloseTo(0.1, 2);
  });

  it('takes no queueing where latency falls with load, instead of a negative one', () => {
    const found = fitTo([0.1, 1, 3, 8], [0.2, 0.15, 0.1, 0.05]);
    expect(found.queueingSeconds).toBe(0);
    expect(found.floorSeconds).toBeGreaterThan(0.05);
    expect(found.floorSeconds).toBeLessThan(0.2);
  });

  it('takes no floor where latency vanishes with load', () => {
    const found = fitTo([0.1, 1, 3, 8], [0.001, 0.02, 0.09, 0.4]);
    expect(found.floorSeconds).toBe(0);
    expect(found.queueingSeconds).toBeGreaterThan(0);
  });

  it('is never negative and never anything but a number', () => {
    const point = fc.tuple(
      fc.double({ min: 0, max: 40, noNaN: true }),
      fc.double({ min: 1e-6, max: 1e3, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 30 }), (points) => {
        const found = fitTo(
          points.map(([x]) => x),
          points.map(([, y]) => y),
        );
        expect(found.floorSeconds).toBeGreaterThanOrEqual(0);
        expect(found.queueingSeconds).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(found.floorSeconds + found.queueingSeconds + found.spread)).toBe(true);
        expect(found.floorSeconds + found.queueingSeconds).toBeGreaterThan(0);
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});
