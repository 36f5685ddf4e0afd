import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composedLatency, composedViolationRatio } from '../../../src/control/observe/composed-latency.ts';
import type { ChainSpec, Stage } from '../../../src/models/data-models.ts';

const visit = (service: string, visits = 1) => ({ service, visits });
const chainOf = (...stages: Stage[]): ChainSpec => ({
  id: 'c',
  stages,
  slo: { latencySeconds: 1, percentile: 0.95, objective: 0.95, priority: 1 },
});

describe('composed latency', () => {
  it('adds stages, takes the slowest branch, and multiplies visits', () => {
    const chain = chainOf([[visit('a')]], [[visit('b', 3)], [visit('c'), visit('d')]]);
    const seconds: Record<string, number> = { a: 0.1, b: 0.02, c: 0.03, d: 0.04 };
    expect(composedLatency(chain, 0.95, (service) => seconds[service])).toBeCloseTo(0.1 + 0.07);
  });

  it('takes each of m parallel branches at 1 − (1 − p)/m', () => {
    const asked: number[] = [];
    composedLatency(chainOf([[visit('a')], [visit('b')]], [[visit('c')]]), 0.9, (_, percentile) => {
      asked.push(percentile);
      return 0;
    });
    expect(asked).toEqual([0.95, 0.95, 0.9]);
  });

  it('claims nothing when a service is not known', () => {
    const chain = chainOf([[visit('a')]], [[visit('b')]]);
    expect(composedLatency(chain, 0.95, (service) => (service === 'a' ? 0.1 : undefined))).toBeUndefined();
    expect(composedViolationRatio(chain, 0.1, () => undefined)).toBeUndefined();
  });

  it('finds the share over a bound where the composed quantile crosses it', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), (share) => {
        // Two uniform services on [0, 1] that are slow together: the sum exceeds 2·(1 − share) with that share.
        const chain = chainOf([[visit('a')]], [[visit('b')]]);
        expect(composedViolationRatio(chain, 2 * (1 - share), (_, p) => p)).toBeCloseTo(share, 4);
      }),
    );
  });
});
