import { describe, expect, it } from 'vitest';
import { quotaSeconds, runQuotaCases } from '../../../../bench/simulator/validation/quota-cases.ts';

describe('the arithmetic of CPU quotas', () => {
  it('lets a visit that fits into the quota take its own time', () => {
    expect(quotaSeconds({ cpu: 0.2, threads: 1, demandSeconds: 0.02 }, 0.05)).toBe(0.02);
  });

  it('makes a visit of five quotas wait for four periods', () => {
    const seconds = quotaSeconds({ cpu: 0.2, threads: 1, demandSeconds: 0.1 }, 0.1);
    expect(seconds).toBeCloseTo(0.4 + 0.02, 12);
  });

  it('burns over the end of a period what is left of it and then the next quota', () => {
    const seconds = quotaSeconds({ cpu: 0.2, threads: 1, demandSeconds: 0.03 }, 0.015);
    expect(seconds).toBeCloseTo(0.03, 12);
  });

  it('shares a quota among threads', () => {
    const seconds = quotaSeconds({ cpu: 0.4, threads: 4, demandSeconds: 0.025 }, 0.1);
    expect(seconds).toBeCloseTo(0.2 + 0.005, 12);
  });

  it('is what the simulator does, whatever the phase of its periods', () => {
    for (const seed of [1, 2, 3, 4]) {
      for (const { expected_seconds, simulated_seconds } of runQuotaCases(seed)) {
        expect(simulated_seconds).toBeCloseTo(expected_seconds, 9);
      }
    }
  });
});
