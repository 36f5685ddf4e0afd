import { describe, expect, it } from 'vitest';
import { leastCpuFor } from '../../../src/components/performance-quantifier/least-cpu.ts';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import { knownProfile, type TruePair, windowOf } from './windows.ts';

describe('the cpu below which a visit stalls', () => {
  it('lets the CPU need, as scattered as the calm own times, fit into 100 ms', () => {
    const low = { meanSeconds: 0.01, percentileSeconds: 0.03 };
    expect(leastCpuFor(0.005, 'measured-cpu', low)).toBeCloseTo(0.15, 12);
  });

  it('takes no visit to burn more CPU than its own time takes, nor less than the mean', () => {
    expect(leastCpuFor(0.02, 'curvature', { meanSeconds: 0.01, percentileSeconds: 0.03 })).toBeCloseTo(
      0.3,
      12,
    );
    expect(leastCpuFor(0.005, 'curvature', { meanSeconds: 0.01, percentileSeconds: 0.009 })).toBeCloseTo(
      0.05,
      12,
    );
  });

  it('is 0 where the demand is only bounded or no calm window is known', () => {
    expect(leastCpuFor(0.02, 'bound', { meanSeconds: 0.01, percentileSeconds: 0.03 })).toBe(0);
    expect(
      leastCpuFor(0.02, 'measured-cpu', { meanSeconds: Number.NaN, percentileSeconds: Number.NaN }),
    ).toBe(0);
  });

  it('stands in the profile, of each chain its own', () => {
    const pairs: readonly TruePair[] = [
      { chain: 'light', demand: 0.004, floor: 0.012, queueing: 0.01, ownTimePerDemand: 1.5 },
      { chain: 'heavy', demand: 0.02, floor: 0.09, queueing: 0.05, ownTimePerDemand: 1.5 },
    ];
    const quantifier = new PerformanceImpactQuantifier();
    for (let i = 0; i < 20; i++) {
      const rates = [(1 + i) * 5, (1 + (i % 7)) * 2];
      quantifier.updateProfile(windowOf(pairs, { startSeconds: 60 * i, rates, hasCpu: true }));
    }
    quantifier.refit(1200);
    expect(knownProfile(quantifier, 's', 'light').leastCpu).toBeGreaterThan(0.06);
    expect(knownProfile(quantifier, 's', 'light').leastCpu).toBeLessThan(0.12);
    expect(knownProfile(quantifier, 's', 'heavy').leastCpu).toBeGreaterThan(0.4);
    expect(knownProfile(quantifier, 's', 'heavy').leastCpu).toBeLessThan(0.8);
  });
});
