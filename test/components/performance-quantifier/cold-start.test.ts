import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latencyAt } from '../../../src/components/performance-quantifier/latency-curve.ts';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import type { PairWindow, ServiceWindow } from '../../../src/models/metrics.ts';
import { knownProfile } from './windows.ts';

function windowWith(
  pairs: readonly Partial<PairWindow>[],
  cpu = 2,
  instances = 1,
  startSeconds = 0,
): ServiceWindow {
  return {
    service: 's',
    startSeconds,
    lengthSeconds: 60,
    capacity: { cpu, instances, memory: 512, source: 'initial', sinceSeconds: 0 },
    pairs: pairs.map((pair, c) => ({
      chain: `c${c}`,
      ratePerSecond: 10,
      requests: 600,
      errorRatio: 0,
      percentileSeconds: 0.08,
      meanSeconds: 0.04,
      ...pair,
    })),
  };
}

describe('a cold start', () => {
  it('takes own time for demand and processor sharing for the curve, as worked out by hand', () => {
    const quantifier = new PerformanceImpactQuantifier({ verticalExponentPrior: 0.5 });
    quantifier.updateProfile(
      windowWith([{}, { ratePerSecond: 5, meanSeconds: 0.08, percentileSeconds: 0.2 }], 4),
    );
    // D̂ = 10·0.04 + 5·0.08 = 0.8 cores of 4: ρ̂ = 0.2.
    const [first, second] = [knownProfile(quantifier, 's', 'c0'), knownProfile(quantifier, 's', 'c1')];
    expect(first).toMatchObject({
      source: 'prior',
      demandSource: 'bound',
      demandCoreSeconds: 0.04,
      percentile: 0.95,
    });
    expect(first.floorSeconds).toBeCloseTo(0.08 * 0.8, 10);
    expect(first.queueingSeconds).toBeCloseTo(0.08 * 0.8 * 4 ** 0.5, 10);
    expect(first.utilizationRange[0]).toBeCloseTo(0.2, 10);
    expect(second.demandCoreSeconds).toBeCloseTo(0.08, 10);
    expect(second.floorSeconds).toBeCloseTo(0.2 * 0.8, 10);
    expect(first.residualSpread).toBeNaN();
  });

  it('reads the curve at 0.95 when the own times would fill the service', () => {
    const quantifier = new PerformanceImpactQuantifier();
    quantifier.updateProfile(windowWith([{ ratePerSecond: 100, meanSeconds: 0.04 }], 1, 2));
    const profile = knownProfile(quantifier, 's', 'c0');
    expect(profile.floorSeconds).toBeCloseTo(0.08 * 0.05, 10);
    // It did serve 100/s with its 2 cores, so a visit needs at most 0.95·2/100 core-seconds of them.
    expect(profile.demandCoreSeconds).toBeCloseTo(0.019, 10);
    expect(quantifier.analyzeImpact('s', 'c0', 100)).toMatchObject({
      expectedLatency: expect.closeTo(0.08, 10),
    });
    expect(quantifier.analyzeImpact('s', 'c0', 110)).toMatchObject({
      expectedLatency: Number.POSITIVE_INFINITY,
      riskFactor: 1,
    });
  });

  it('reproduces what it has observed, whatever that was', () => {
    const positive = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(
        positive(0.05, 16),
        fc.integer({ min: 1, max: 20 }),
        positive(0.01, 0.9),
        positive(1e-4, 10),
        positive(0, 1),
        (cpu, instances, rho, percentileSeconds, verticalExponentPrior) => {
          const quantifier = new PerformanceImpactQuantifier({ verticalExponentPrior });
          const ratePerSecond = (rho * cpu * instances) / 0.04;
          quantifier.updateProfile(windowWith([{ ratePerSecond, percentileSeconds }], cpu, instances));
          const curve = knownProfile(quantifier, 's', 'c0');
          expect(latencyAt(curve, rho, cpu) / percentileSeconds).toBeCloseTo(1, 6);
          expect(latencyAt(curve, Math.min(0.99, rho * 1.05), cpu)).toBeGreaterThan(
            percentileSeconds * 0.999,
          );
        },
      ),
      { seed: 6 },
    );
  });

  it('says what is missing before there are enough requests', () => {
    const quantifier = new PerformanceImpactQuantifier();
    expect(quantifier.profile('s', 'c0')).toEqual({
      kind: 'not-enough-data',
      service: 's',
      chain: 'c0',
      have: 0,
      need: 5,
    });
    quantifier.updateProfile(windowWith([{ requests: 4 }]));
    expect(quantifier.profile('s', 'c0')).toMatchObject({ kind: 'not-enough-data', have: 4, need: 5 });
    expect(quantifier.analyzeImpact('s', 'c0', 1)).toMatchObject({ kind: 'not-enough-data' });
    expect(quantifier.sharedImpact('s')).toBeUndefined();
    expect(quantifier.getLoadLatencyProfile('s')).toEqual([]);
  });

  it('bounds the demand by the calmest windows, once there are some', () => {
    const quantifier = new PerformanceImpactQuantifier();
    for (let i = 0; i < 6; i++) {
      const isCalm = i === 3;
      const load = isCalm ? { ratePerSecond: 1, requests: 60, meanSeconds: 0.01 } : { meanSeconds: 0.05 };
      quantifier.updateProfile(windowWith([load], 2, 1, 60 * i));
    }
    expect(knownProfile(quantifier, 's', 'c0').demandCoreSeconds).toBeCloseTo(0.01, 10);
  });

  it('grows in confidence with its windows but stays low', () => {
    const quantifier = new PerformanceImpactQuantifier();
    const confidences: number[] = [];
    for (let i = 0; i < 7; i++) {
      quantifier.updateProfile(windowWith([{}], 2, 1, 60 * i));
      quantifier.refit(60 * i + 60);
      confidences.push(knownProfile(quantifier, 's', 'c0').confidence);
    }
    expect(confidences).toEqual([...confidences].sort((a, b) => a - b));
    expect(confidences[0]).toBeGreaterThan(0);
    expect(confidences.at(-1)).toBeLessThan(0.3);
  });

  it('keeps windows with errors and windows without latency out of the curve, not out of the load', () => {
    const quantifier = new PerformanceImpactQuantifier();
    quantifier.updateProfile(windowWith([{}, {}]));
    quantifier.updateProfile(
      windowWith([{ percentileSeconds: 9, meanSeconds: 9, errorRatio: 0.06 }, {}], 2, 1, 60),
    );
    quantifier.updateProfile(
      windowWith([{ percentileSeconds: Number.NaN, meanSeconds: Number.NaN, errorRatio: 1 }, {}], 2, 1, 120),
    );
    const profile = knownProfile(quantifier, 's', 'c0');
    expect(profile.windows).toBe(1);
    expect(profile.demandCoreSeconds).toBeCloseTo(0.04, 10);
    expect(quantifier.sharedImpact('s')?.utilization).toBeCloseTo(0.4, 10);
  });
});
