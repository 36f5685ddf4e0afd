import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BASELINE_NAMES,
  baselineRows,
} from '../../../../src/components/traffic-predictor/backtest/baseline-rows.ts';
import { quarterOf } from '../../../../src/components/traffic-predictor/backtest/quantile-rows.ts';
import { meanAbsoluteStep, scoreRows } from '../../../../src/components/traffic-predictor/backtest/scores.ts';
import { servedRows } from '../../../../src/components/traffic-predictor/backtest/served-rows.ts';
import { LEVELS } from '../../../../src/components/traffic-predictor/mixture/levels.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { rangeOf } from '../series.ts';

const gap = Number.NaN;
const options = { horizon: 3, stepSeconds: 60 };

describe('scores', () => {
  it('are what one works out by hand', () => {
    const values = Float64Array.of(2, 4, gap, 8);
    const rows = {
      horizon: 2,
      origins: Int32Array.of(0, 2),
      quantiles: Float64Array.of(...[3, 5, 6, 7], ...[0, 0, 0, 0], ...[8, 9, 9, 9], ...[0, 0, 0, 0]),
      maximum95: Float64Array.of(4, 9, 7, 9),
    };
    const scores = scoreRows(values, rows, 2);
    // Known pairs: 4 against (3, 5, 6, 7) and 8 against (8, 9, 9, 9), both one step ahead.
    expect(scores.mase).toEqual([0.25, gap]);
    expect(scores.pinball[0]).toBeCloseTo((0.5 * 1 + 0) / 2, 12);
    expect(scores.pinball[1]).toBeCloseTo((0.1 * 1 + 0.1 * 1) / 2, 12);
    expect(scores.coverage).toEqual([0.5, 1, 1, 1]);
    expect(scores.coverageTiesHalf).toEqual([0.25, 1, 1, 1]);
    expect(scores.maximumCoverage).toEqual([0.5, gap]);
  });

  it('have the naive error of the known pairs as their scale', () => {
    expect(meanAbsoluteStep(Float64Array.of(1, 3, gap, 5, 8))).toBe(2.5);
  });

  it('can be had of each quarter by itself', () => {
    const origins = Int32Array.from({ length: 8 }, (_, i) => i);
    const rows = { horizon: 1, origins, quantiles: rangeOf(8 * LEVELS.length, (i) => i) };
    expect([...quarterOf(rows, 3).origins]).toEqual([6, 7]);
    expect(quarterOf(rows, 3).quantiles[0]).toBe(6 * LEVELS.length);
  });
});

const rate = fc.oneof(
  { weight: 9, arbitrary: fc.double({ min: 0, max: 100, noNaN: true }) },
  fc.constant(gap),
);

describe('rows of a backtest', () => {
  it('rest on nothing after their origin, of no model', () => {
    fc.assert(
      fc.property(
        fc.array(rate, { minLength: 60, maxLength: 90 }),
        fc.array(rate, { minLength: 20, maxLength: 20 }),
        (past, future) => {
          const origins = Int32Array.of(past.length - 30, past.length - 4, past.length - 1);
          const known = Float64Array.from(past);
          const more = Float64Array.from([...past, ...future]);
          for (const name of BASELINE_NAMES) {
            expect(baselineRows(name, more, origins, 3, 60)).toEqual(
              baselineRows(name, known, origins, 3, 60),
            );
          }
          expect(servedRows(more, origins, options)).toEqual(servedRows(known, origins, options));
        },
      ),
      { numRuns: 15, seed: 1 },
    );
  });

  it('are the same at an origin whichever other origins are asked for', () => {
    const random = seededRandom(2);
    const values = rangeOf(200, () => 10 + random());
    const last = Int32Array.of(199);
    const all = Int32Array.from({ length: 200 }, (_, i) => i);
    const one = servedRows(values, last, options);
    expect([...one.quantiles]).toEqual([
      ...servedRows(values, all, options).quantiles.slice(-one.quantiles.length),
    ]);
  });

  it('are finite and in order for every baseline', () => {
    const random = seededRandom(3);
    const values = rangeOf(300, (step) => (step % 50 === 7 ? gap : step % 90 < 5 ? 0 : 20 * random()));
    const origins = Int32Array.from({ length: 290 }, (_, i) => i + 5);
    for (const name of BASELINE_NAMES) {
      const { quantiles } = baselineRows(name, values, origins, 3, 60);
      for (let i = 0; i < quantiles.length; i += LEVELS.length) {
        const row = [...quantiles.subarray(i, i + LEVELS.length)];
        expect(row.every((quantile) => Number.isFinite(quantile) && quantile >= 0)).toBe(true);
        expect(row).toEqual([...row].sort((a, b) => a - b));
      }
    }
  });

  it('cover as stated where the noise does not change, for every baseline', () => {
    const random = seededRandom(4);
    const values = rangeOf(3000, (step) => 100 + 20 * Math.sin((2 * Math.PI * step) / 144) + 10 * random());
    const origins = Int32Array.from({ length: 1500 }, (_, i) => i + 1490);
    for (const name of BASELINE_NAMES) {
      const { coverage } = scoreRows(values, baselineRows(name, values, origins, 3, 60), 1);
      for (const q of [1, 2, 3]) expect(Math.abs(coverage[q]! - LEVELS[q]!)).toBeLessThan(0.025);
    }
  });

  it('hand the network on to the forecaster', () => {
    const random = seededRandom(5);
    const values = rangeOf(300, () => (random() < 0.5 ? 10 : 90));
    const origins = Int32Array.from({ length: 90 }, (_, i) => i + 200);
    const knowing = (step: number) =>
      rangeOf(3 * LEVELS.length, (i) => values[step + 1 + Math.floor(i / LEVELS.length)] ?? 50);
    const alone = scoreRows(values, servedRows(values, origins, options), 1);
    const told = scoreRows(values, servedRows(values, origins, options, knowing), 1);
    expect(told.maseMean).toBeLessThan(0.1 * alone.maseMean);
  });
});
