import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CompositionSample,
  fitComposition,
} from '../../../src/components/performance-quantifier/composition-fit.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { normal } from './windows.ts';

function samples(paths: readonly number[], endToEnd: (path: number) => number): CompositionSample[] {
  return paths.map((pathSeconds, i) => ({
    startSeconds: 60 * i,
    endToEndSeconds: endToEnd(pathSeconds),
    pathSeconds,
    requests: 100,
  }));
}

function compose(windows: readonly CompositionSample[]) {
  return fitComposition(
    windows,
    windows.map(() => 1),
  );
}

describe('the composition of a chain', () => {
  it('is γ = 1 and δ = 0 before three windows', () => {
    expect(compose(samples([0.1, 0.2], (path) => 2 * path))).toEqual({
      factor: 1,
      overheadSeconds: 0,
      windows: 0,
    });
  });

  it('recovers factor and overhead from a wide range, a tenth of it garbage', () => {
    const random = seededRandom(3);
    const paths = Array.from({ length: 100 }, () => 0.02 * 20 ** random());
    const found = compose(
      samples(
        paths,
        (path) => (0.8 * path + 0.01) * Math.exp(0.05 * normal(random)) * (random() < 0.1 ? 6 : 1),
      ),
    );
    expect(Math.abs(found.factor / 0.8 - 1)).toBeLessThan(0.05);
    expect(Math.abs(found.overheadSeconds / 0.01 - 1)).toBeLessThan(0.2);
    expect(found.windows).toBe(100);
  });

  it('says how far the windows scatter around it', () => {
    const random = seededRandom(5);
    const paths = Array.from({ length: 200 }, () => 0.02 * 20 ** random());
    const scattered = (noise: number) =>
      compose(samples(paths, (path) => 0.9 * path * Math.exp(noise * normal(random)))).spread;
    expect(scattered(0.1)).toBeCloseTo(0.1, 1);
    expect(scattered(0.3)).toBeGreaterThan(0.22);
    expect(scattered(0)).toBeLessThan(0.01);
  });

  it('takes the whole ratio for the factor when all paths are alike', () => {
    const found = compose(samples([0.1, 0.1, 0.1, 0.1], (path) => 1.3 * path));
    expect(found.factor).toBeCloseTo(1.3, 2);
    expect(found.overheadSeconds).toBeLessThan(0.005);
  });

  it('puts into the overhead what a factor of 3 leaves, and stops at 0.3', () => {
    const slow = compose(samples([0.01, 0.01, 0.01], () => 0.1));
    expect(slow.factor).toBeLessThanOrEqual(3);
    expect(slow.factor * 0.01 + slow.overheadSeconds).toBeGreaterThan(0.06);
    expect(compose(samples([0.1, 0.2, 0.3], (path) => 0.1 * path)).factor).toBe(0.3);
  });

  it('stays within its bounds whatever it is told', () => {
    const seconds = fc.double({ min: 1e-6, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(seconds, seconds), { minLength: 3, maxLength: 20 }), (pairs) => {
        const windows = pairs.map(([pathSeconds, endToEndSeconds], i) => ({
          startSeconds: i,
          endToEndSeconds,
          pathSeconds,
          requests: 50,
        }));
        const found = compose(windows);
        expect(found.factor).toBeGreaterThanOrEqual(0.3);
        expect(found.factor).toBeLessThanOrEqual(3);
        expect(found.overheadSeconds).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(found.overheadSeconds)).toBe(true);
      }),
      { seed: 8, numRuns: 300 },
    );
  });
});
