import { describe, expect, it } from 'vitest';
import type { PairPoint } from '../../../src/sources/prometheus/pair-columns.ts';
import { PairMemory } from '../../../src/sources/prometheus/pair-memory.ts';

const PAIR = { service: 'web', chain: 'buy' };
const at = (end: number) => ({ fromSeconds: end - 10, toSeconds: end });

function point(more: Partial<PairPoint> = {}): PairPoint {
  const buckets = [{ lower: 0.1, upper: 0.2, count: 3 }];
  return { requests: 4, errors: 1, buckets, mean: 0.12, samples: 4, ...more };
}

describe('what a point tells', () => {
  it('is its requests over the step, failed ones beside the answered, with the mean that was summed', () => {
    const step = new PairMemory(PAIR, 1, 0).step(point({ samples: Number.NaN }), at(100))!;
    expect(step).toMatchObject({ ...PAIR, fromSeconds: 90, toSeconds: 100, errors: 10, isLate: false });
    expect(step.counts.reduce((sum, count) => sum + count, 0)).toBe(30);
    expect(step.latencySum).toBeCloseTo(30 * 0.12, 9);
    expect(Math.min(...step.latencies)).toBeGreaterThanOrEqual(0.1);
    expect(Math.max(...step.latencies)).toBeLessThanOrEqual(0.2);
  });

  it('is in seconds whatever the unit of the histogram', () => {
    const buckets = [{ lower: 100, upper: 200, count: 1 }];
    const step = new PairMemory(PAIR, 0.001, 0).step(
      point({ buckets, mean: 120, samples: Number.NaN }),
      at(100),
    )!;
    expect(step.latencySum).toBeCloseTo(30 * 0.12, 9);
    expect(Math.max(...step.latencies)).toBeLessThanOrEqual(0.2);
  });

  it('takes the mean of the buckets where the sum cannot be right', () => {
    const step = new PairMemory(PAIR, 1, 0).step(point({ mean: 7, samples: Number.NaN }), at(100))!;
    expect(step.latencySum / 30).toBeCloseTo(0.15, 2);
  });

  it('is nothing where requests were answered and their latency is not known', () => {
    const memory = new PairMemory(PAIR, 1, 0);
    expect(memory.step(point({ buckets: [], samples: Number.NaN }), at(100))).toBeUndefined();
    const failed = memory.step(point({ requests: 4, errors: 4, buckets: [], samples: Number.NaN }), at(110));
    expect(failed).toMatchObject({ errors: 40, counts: [] });
  });

  it('is a silence where there were no requests', () => {
    const step = new PairMemory(PAIR, 1, 0).step(
      point({ requests: 0, errors: 0, samples: Number.NaN }),
      at(100),
    );
    expect(step).toMatchObject({ errors: 0, counts: [], latencySum: 0 });
  });
});

describe('a point that was scraped in part', () => {
  it('is a gap: the first one, and those with fewer samples than usual', () => {
    const memory = new PairMemory(PAIR, 1, 0);
    const told = [2, 4, 4, 3, 2, 1, 4].map((samples, i) => memory.step(point({ samples }), at(100 + 10 * i)));
    expect(told.map((step) => step !== undefined)).toEqual([false, true, true, true, false, false, true]);
  });

  it('is no gap for long after the scrape interval was changed', () => {
    const memory = new PairMemory(PAIR, 1, 0);
    for (let i = 0; i < 10; i++) memory.step(point({ samples: 8 }), at(100 + 10 * i));
    let gaps = 0;
    while (memory.step(point({ samples: 2 }), at(200 + 10 * gaps)) === undefined) gaps++;
    expect(gaps).toBeGreaterThan(0);
    expect(gaps).toBeLessThan(15);
  });
});

describe('what was told already', () => {
  it('is not told again, neither from before we began nor when it is asked for once more', () => {
    const memory = new PairMemory(PAIR, 1, 100);
    const unsampled = point({ samples: Number.NaN });
    expect(memory.step(unsampled, at(100))).toBeUndefined();
    expect(memory.step(unsampled, at(110))).toBeDefined();
    expect(memory.step(unsampled, at(110))).toBeUndefined();
  });

  it('is added to by what came late', () => {
    const memory = new PairMemory(PAIR, 1, 0);
    memory.step(point({ samples: Number.NaN }), at(100));
    const late = memory.step(point({ requests: 6, errors: 2, samples: Number.NaN }), at(100))!;
    expect(late).toMatchObject({ errors: 10, isLate: true });
    expect(late.counts.reduce((sum, count) => sum + count, 0)).toBe(10);
  });
});
