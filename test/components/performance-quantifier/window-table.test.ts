import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WindowTable } from '../../../src/components/performance-quantifier/window-table.ts';
import type { ServiceWindow } from '../../../src/models/metrics.ts';

function windowAt(startSeconds: number, percentileSeconds = 0.1, chain = 'c'): ServiceWindow {
  return {
    service: 's',
    startSeconds,
    lengthSeconds: 60,
    capacity: { cpu: 1, memory: 128, instances: 1, source: 'initial', sinceSeconds: 0 },
    cpuUsedCores: 0.5,
    pairs: [{ chain, ratePerSecond: 1, requests: 60, errorRatio: 0, percentileSeconds, meanSeconds: 0.05 }],
  };
}

const starts = (table: WindowTable) => [...table.starts.subarray(0, table.count)];

describe('the table of windows', () => {
  it('puts a window that comes late where it belongs, with all of its columns', () => {
    const table = new WindowTable(10);
    expect(table.put(windowAt(60, 0.1))).toBe('newest');
    expect(table.put(windowAt(180, 0.3))).toBe('newest');
    expect(table.put(windowAt(120, 0.2, 'other'))).toBe('inserted');
    expect(starts(table)).toEqual([60, 120, 180]);
    expect([...table.columnsOf('c').percentiles.subarray(0, 3)]).toEqual([0.1, 0, 0.3]);
    expect([...table.columnsOf('other').percentiles.subarray(0, 3)]).toEqual([0, 0.2, 0]);
  });

  it('lets a window that comes again replace what it said before', () => {
    const table = new WindowTable(10);
    for (const start of [60, 120, 180]) table.put(windowAt(start));
    expect(table.put(windowAt(120, 0.9))).toBe('replaced');
    expect(starts(table)).toEqual([60, 120, 180]);
    expect(table.columnsOf('c').percentiles[1]).toBe(0.9);
  });

  it('holds the newest windows in order, whatever the order they come in', () => {
    const orders = fc.shuffledSubarray([0, 60, 120, 180, 240, 300, 360, 420], { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(orders, fc.integer({ min: 1, max: 9 }), (order, size) => {
        const table = new WindowTable(size);
        for (const start of order) table.put(windowAt(start, 1 + start));
        const newest = [...order].sort((left, right) => left - right).slice(-size);
        expect(starts(table)).toEqual(newest);
        expect([...table.columnsOf('c').percentiles.subarray(0, table.count)]).toEqual(
          newest.map((start) => 1 + start),
        );
      }),
    );
  });

  it('refuses what is older than all of a full table, and what has no usable capacity', () => {
    const table = new WindowTable(2);
    for (const start of [60, 120]) table.put(windowAt(start));
    expect(table.put(windowAt(0))).toBe('refused');
    expect(table.put({ ...windowAt(180), capacity: { ...windowAt(180).capacity, cpu: 0 } })).toBe('refused');
    expect(starts(table)).toEqual([60, 120]);
  });
});
