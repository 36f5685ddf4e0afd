import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latencyAt } from '../../../src/components/performance-quantifier/latency-curve.ts';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import type { ServiceWindow } from '../../../src/models/metrics.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { knownProfile } from './windows.ts';

/** A window of one chain with its own times; C = `cpu` cores. */
function windowAt(minute: number, rate: number, seconds: number, cpu = 1, used?: number): ServiceWindow {
  return {
    service: 's',
    startSeconds: 60 * minute,
    lengthSeconds: 60,
    capacity: { cpu, instances: 1, memory: 512, source: 'initial', sinceSeconds: 0 },
    ...(used !== undefined && { cpuUsedCores: used }),
    pairs: [
      {
        chain: 'a',
        ratePerSecond: rate,
        requests: 60 * rate,
        errorRatio: 0,
        percentileSeconds: 1.5 * seconds,
        meanSeconds: seconds,
      },
    ],
  };
}

function learned(windows: readonly ServiceWindow[]): PerformanceImpactQuantifier {
  const quantifier = new PerformanceImpactQuantifier();
  for (const window of windows) quantifier.updateProfile(window);
  return quantifier;
}

describe('demand and what the capacity has served', () => {
  for (const minutes of [3, 7, 12, 60]) {
    it(`gives a service that only waits a utilisation that can be, and the latency it has, after ${minutes} minutes`, () => {
      const random = seededRandom(minutes);
      const rates = Array.from({ length: minutes }, (_, i) => 1 + (11 * i) / minutes);
      const quantifier = learned(rates.map((rate, i) => windowAt(i, rate, 3 * (0.97 + 0.06 * random()))));
      const { demandCoreSeconds, ...curve } = knownProfile(quantifier, 's', 'a');
      for (const rate of rates) {
        expect(rate * demandCoreSeconds).toBeLessThanOrEqual(0.9501);
        const expected = latencyAt(curve, rate * demandCoreSeconds, 1);
        expect(expected / 4.5).toBeGreaterThan(0.8);
        expect(expected / 4.5).toBeLessThan(1.2);
      }
    });
  }

  it('promises no more latency with more capacity than was seen with less', () => {
    const quantifier = learned(Array.from({ length: 40 }, (_, i) => windowAt(i, 2 + (i % 20), 3)));
    const { demandCoreSeconds, ...curve } = knownProfile(quantifier, 's', 'a');
    const now = 21 * demandCoreSeconds;
    for (const cores of [1.1, 2, 4]) {
      expect(latencyAt(curve, now / cores, cores)).toBeLessThanOrEqual(latencyAt(curve, now, 1));
      expect(latencyAt(curve, now / cores, cores)).toBeLessThan(4.5 * 1.02);
    }
  });

  it('leaves the demand of a busy service as it is', () => {
    const rates = Array.from({ length: 40 }, (_, i) => 10 + 2 * (i % 35));
    const quantifier = learned(rates.map((rate, i) => windowAt(i, rate, 0.01 / (1 - rate * 0.01))));
    const { demandCoreSeconds } = knownProfile(quantifier, 's', 'a');
    expect(demandCoreSeconds).toBeGreaterThan(0.01);
    expect(demandCoreSeconds).toBeLessThan(0.0125);
  });

  it('does not take a saturated window for one that was served', () => {
    const calm = Array.from({ length: 20 }, (_, i) => windowAt(i, 10 + i, 0.03 / (1 - (10 + i) * 0.02), 1));
    const before = knownProfile(learned(calm), 's', 'a').demandCoreSeconds;
    const saturated = Array.from({ length: 4 }, (_, i) => windowAt(20 + i, 60, 0.4, 1));
    expect(knownProfile(learned([...calm, ...saturated]), 's', 'a').demandCoreSeconds).toBeGreaterThan(
      0.95 * before,
    );
    // The same load, served in time, would have bounded it.
    const served = Array.from({ length: 4 }, (_, i) => windowAt(20 + i, 60, 0.04, 1));
    const bounded = knownProfile(learned([...calm, ...served]), 's', 'a').demandCoreSeconds;
    expect(60 * bounded).toBeLessThanOrEqual(0.9501);
  });

  it('bounds measured CPU too, where a window must have used more than there was', () => {
    const calm = Array.from({ length: 10 }, (_, i) => windowAt(i, 5 + i, 0.1, 1, 0.06 * (5 + i)));
    const quantifier = learned([...calm, windowAt(10, 40, 0.12, 1)]);
    const profile = knownProfile(quantifier, 's', 'a');
    expect(profile.demandSource).toBe('measured-cpu');
    expect(40 * profile.demandCoreSeconds).toBeLessThanOrEqual(0.9501);
  });

  it('holds in every window whose own times are about those of all others', () => {
    const rates = fc.array(fc.double({ min: 0.5, max: 200, noNaN: true }), { minLength: 1, maxLength: 30 });
    const seconds = fc.double({ min: 0.001, max: 20, noNaN: true });
    fc.assert(
      fc.property(rates, seconds, (some, ownSeconds) => {
        const quantifier = learned(
          some.map((rate, i) => windowAt(i, rate, ownSeconds * (1 + 0.02 * (i % 5)))),
        );
        const { demandCoreSeconds } = knownProfile(quantifier, 's', 'a');
        expect(Math.max(...some) * demandCoreSeconds).toBeLessThanOrEqual(0.95 + 1e-9);
      }),
      { numRuns: 60, seed: 4 },
    );
  });
});
