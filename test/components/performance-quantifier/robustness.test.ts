import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import type { ServiceWindow } from '../../../src/models/metrics.ts';

/** Any number, the absurd ones often. */
const figures = fc.oneof(
  fc.double({ min: 0, max: 100, noNaN: true }),
  fc.double(),
  fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e-300, 1e300, 1e-9, 1e12),
);
const sane = fc.double({ min: 1e-3, max: 100, noNaN: true });
const mostly = fc.oneof({ weight: 4, arbitrary: sane }, { weight: 1, arbitrary: figures });

const pairs = fc.record({
  chain: fc.constantFrom('a', 'b', '__proto__'),
  ratePerSecond: mostly,
  requests: fc.oneof(fc.integer({ min: 0, max: 1000 }), figures),
  errorRatio: fc.oneof(fc.constant(0), figures),
  percentileSeconds: mostly,
  meanSeconds: mostly,
});
const windows: fc.Arbitrary<ServiceWindow> = fc
  .record({
    cpu: mostly,
    instances: fc.oneof(fc.integer({ min: 1, max: 10 }), figures),
    startSeconds: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 0, max: 10_000 }) },
      { weight: 1, arbitrary: figures },
    ),
    cpuUsedCores: mostly,
    hasCpu: fc.boolean(),
    pairs: fc.array(pairs, { maxLength: 3 }),
  })
  .map(({ cpu, instances, startSeconds, cpuUsedCores, hasCpu, pairs: measured }) => ({
    service: 's',
    startSeconds,
    lengthSeconds: 60,
    capacity: { cpu, instances, memory: 1, source: 'applied', sinceSeconds: 0 },
    ...(hasCpu ? { cpuUsedCores } : {}),
    pairs: measured,
  }));

describe('whatever windows come', () => {
  it('every profile has finite, non-negative figures and a confidence in [0, 1]', () => {
    fc.assert(
      fc.property(fc.array(windows, { maxLength: 40 }), figures, (history, load) => {
        const quantifier = new PerformanceImpactQuantifier();
        const inOrder = [...history].sort((a, b) => a.startSeconds - b.startSeconds);
        for (const [i, window] of inOrder.entries()) {
          quantifier.updateProfile(window);
          if (i % 5 === 0) quantifier.refit(window.startSeconds + 60);
        }
        for (const profile of quantifier.getLoadLatencyProfile('s')) {
          const { floorSeconds, queueingSeconds, demandCoreSeconds, confidence } = profile;
          for (const value of [floorSeconds, queueingSeconds, demandCoreSeconds]) {
            expect(Number.isFinite(value)).toBe(true);
            expect(value).toBeGreaterThanOrEqual(0);
          }
          expect(floorSeconds + queueingSeconds).toBeGreaterThan(0);
          expect(confidence).toBeGreaterThanOrEqual(0);
          expect(confidence).toBeLessThanOrEqual(1);
          for (const bound of profile.utilizationRange) expect(Number.isFinite(bound)).toBe(true);
          const impact = quantifier.analyzeImpact('s', profile.chain, load);
          if (impact.kind !== 'impact') throw new Error('a profile has an impact');
          expect(impact.expectedLatency).toBeGreaterThanOrEqual(0);
          expect(impact.riskFactor).toBeGreaterThanOrEqual(0);
          expect(impact.riskFactor).toBeLessThanOrEqual(1);
        }
        const shared = quantifier.sharedImpact('s');
        for (const { loadShare } of shared?.chains ?? []) expect(loadShare).toBeGreaterThanOrEqual(0);
        expect(JSON.stringify(shared?.chains ?? [])).not.toContain('null');
        const states = quantifier.drain(10);
        expect(new PerformanceImpactQuantifier().restore(states).skipped).toBe(0);
      }),
      { seed: 10, numRuns: 300 },
    );
  });
});
