import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChainMemory } from '../../../src/components/traffic-predictor/chain-memory.ts';
import type { ChainSeries } from '../../../src/models/metrics.ts';
import { rangeOf, seriesOf } from './series.ts';

const gap = Number.NaN;

function merged(...all: readonly ChainSeries[]) {
  const memory = new ChainMemory();
  const results = all.map((series) => {
    const { series: view, changedSeconds } = memory.merge(series);
    return { rates: [...view.rates], startSeconds: view.startSeconds, changedSeconds };
  });
  return results.at(-1)!;
}

describe('what is remembered of a chain', () => {
  test('is what was known and what is new', () => {
    expect(merged(seriesOf('c', [1, 2, 3], 0), seriesOf('c', [3, 4], 120))).toEqual({
      rates: [1, 2, 3, 4],
      startSeconds: 0,
      changedSeconds: undefined,
    });
  });

  test('has gaps between the two, and a gap in the newer keeps what the older knew', () => {
    expect(merged(seriesOf('c', [1, 2], 0), seriesOf('c', [5], 180)).rates).toEqual([1, 2, gap, 5]);
    expect(merged(seriesOf('c', [1, 2], 0), seriesOf('c', [gap, 3], 60))).toEqual({
      rates: [1, 2, 3],
      startSeconds: 0,
      changedSeconds: undefined,
    });
  });

  test('says from when on the past has become another: corrected, known at last, longer, or cut off', () => {
    const before = seriesOf('c', [1, gap, 3, 4], 60);
    expect(merged(before, seriesOf('c', [3, 9, 5], 180)).changedSeconds).toBe(240);
    expect(merged(before, seriesOf('c', [2, 3], 120)).changedSeconds).toBe(120);
    expect(merged(before, seriesOf('c', [7, 1, gap, 3, 4, 5], 0)).changedSeconds).toBe(0);
    expect(merged(before, seriesOf('c', [3], 180)).changedSeconds).toBe(240);
    expect(merged(before, seriesOf('c', [4.1, 5], 240)).changedSeconds).toBeUndefined();
  });

  test('answers an older series with its own end', () => {
    expect(merged(seriesOf('c', [1, 2, 3], 120), seriesOf('c', [9, 8], 60))).toMatchObject({
      rates: [9, 8],
      startSeconds: 60,
    });
  });

  test('starts afresh on another grid and after a gap longer than what is kept', () => {
    const afresh = { rates: [3], changedSeconds: Number.NEGATIVE_INFINITY };
    expect(merged(seriesOf('c', [1, 2], 0), seriesOf('c', [3], 90))).toMatchObject(afresh);
    expect(merged(seriesOf('c', [1, 2], 0, 60), seriesOf('c', [3], 120, 10))).toMatchObject(afresh);
    expect(merged(seriesOf('c', [1, 2], 0), seriesOf('c', [3], 600 * 86_400))).toMatchObject(afresh);
    expect(merged(seriesOf('c', [], 0), seriesOf('c', [3], 600))).toMatchObject(afresh);
  });

  test('takes rates that no server can have for gaps', () => {
    expect(merged(seriesOf('c', [5, Number.POSITIVE_INFINITY, -3, 6])).rates).toEqual([5, gap, gap, 6]);
  });

  test('is what one series of all would have told, in whatever pieces it came', () => {
    const pieces = fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 9 })), { maxLength: 30 });
    fc.assert(
      fc.property(pieces, (steps) => {
        const memory = new ChainMemory();
        let end = 0;
        let view = seriesOf('c', []);
        for (const [back, length] of steps) {
          const start = Math.max(0, end - back);
          end = Math.max(end, start + length);
          const piece = rangeOf(end - start, (i) => start + i + 1);
          view = memory.merge(seriesOf('c', piece, start * 60)).series;
        }
        expect([...view.rates]).toEqual([...rangeOf(end, (i) => i + 1)]);
      }),
      { seed: 3 },
    );
  });

  test('stays bounded, and chains that are gone are forgotten', () => {
    const memory = new ChainMemory();
    const day = (start: number) => seriesOf('chain', new Float64Array(1440).fill(start), start * 86_400);
    for (let start = 1; start < 40; start++) {
      const { series } = memory.merge(day(start));
      expect(series.rates.length).toBeLessThanOrEqual(20_160 * 1.25);
      expect(series.rates.at(-1)).toBe(start);
      expect(series.rates.at(-1441) ?? start - 1).toBe(start - 1);
    }
    expect(memory.merge(day(40)).series.rates.length).toBeGreaterThanOrEqual(20_160);
    expect(memory.forgetBefore(50 * 86_400)).toEqual(['chain']);
  });
});
