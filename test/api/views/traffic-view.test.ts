import { describe, expect, it } from 'vitest';
import { chainRates } from '../../../src/api/views/traffic-view.ts';
import type { LatencyDistribution, SeriesMetrics } from '../../../src/models/metrics.ts';
import { testChain } from '../fixtures.ts';

const EMPTY: LatencyDistribution = {
  count: 0,
  meanSeconds: Number.NaN,
  relativeError: 0.01,
  quantile: () => Number.NaN,
  fractionAbove: () => 0,
};

function series(
  service: string | undefined,
  chain: string,
  ratePerSecond: number,
  errorRatio = 0,
): SeriesMetrics {
  const at = service === undefined ? {} : { service };
  return { ...at, chain, requests: ratePerSecond * 300, ratePerSecond, errorRatio, latency: EMPTY };
}

function rateOf(services: readonly SeriesMetrics[], endToEnd: readonly SeriesMetrics[] = []) {
  const line = testChain('c', ['first', 'second'], 1);
  const chain = {
    ...line,
    stages: [[[{ service: 'first', visits: 2 }]], [[{ service: 'second', visits: 1 }]]],
  };
  return chainRates({ fromSeconds: 0, toSeconds: 300, services, endToEnd }, new Map([['c', chain]])).get('c');
}

describe('the rate of a chain', () => {
  it('is that of its first stage, its visits divided out', () => {
    const rate = rateOf(
      [series('second', 'c', 4), series('first', 'c', 10, 0.1)],
      [series(undefined, 'c', 3)],
    );
    expect(rate).toEqual({ rate: 5, errorRatio: 0.1 });
  });

  it('is that of the next stage when the first sends no records', () => {
    expect(rateOf([series('second', 'c', 4)], [series(undefined, 'c', 3)])?.rate).toBe(4);
  });

  it('is that of the end-to-end samples when no service sends records', () => {
    expect(rateOf([series('first', 'other', 9)], [series(undefined, 'c', 3)])?.rate).toBe(3);
  });

  it('is unknown without records', () => {
    expect(rateOf([])).toBeUndefined();
  });
});
