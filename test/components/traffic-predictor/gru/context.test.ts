import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contextLength, writeContext } from '../../../../src/components/traffic-predictor/gru/context.ts';
import { rangeOf } from '../series.ts';

const HORIZON = 3;
const STEP_SECONDS = 3600;
const DAY = 24;
const SCALE = { anchor: 10, scale: 2 };
/** Numbers of one season: known, short level, long level, then one a step ahead. */
const SEASON = 3 + HORIZON;

function contextOf(rates: Float64Array, origin: number, scale = SCALE): number[] {
  const out = new Float32Array(contextLength(HORIZON) + 2).fill(7);
  writeContext({ rates, stepSeconds: STEP_SECONDS }, origin, HORIZON, scale, out, 1);
  expect([out[0], out.at(-1)]).toEqual([7, 7]);
  return [...out.subarray(1, -1)];
}

const normal = (rate: number) => (rate - SCALE.anchor) / SCALE.scale / 2;

describe('the context of a window', () => {
  test('has what followed at the same time yesterday, a week ago and in the median of seven days', () => {
    const rates = rangeOf(8 * DAY, (step) => (step % DAY) + Math.floor(step / DAY) / 4);
    const origin = 7 * DAY + 5;
    const context = contextOf(rates, origin);
    for (let h = 1; h <= HORIZON; h++) {
      expect(context[2 + h]).toBeCloseTo(normal(rates[origin - DAY + h]!), 5);
      expect(context[SEASON + 2 + h]).toBeCloseTo(normal(rates[origin - 7 * DAY + h]!), 5);
      // The fourth of seven days that rise one by one.
      expect(context[2 * SEASON + 2 + h]).toBeCloseTo(normal(rates[origin - 4 * DAY + h]!), 5);
    }
    expect([context[0], context[SEASON], context[2 * SEASON]]).toEqual([1, 1, 1]);
  });

  test('is all zeros for a season that lies before the series or in a gap', () => {
    const rates = rangeOf(3 * DAY, (step) => step);
    rates[DAY + 5] = Number.NaN;
    const context = contextOf(rates, 2 * DAY + 5);
    expect(context.slice(0, 2 * SEASON)).toEqual(new Array(2 * SEASON).fill(0));
    // Two days ago is known still, and the median is that of what is known.
    expect(context[2 * SEASON + 3]).toBeCloseTo(normal(6), 5);
  });

  test('takes the level where single steps of a season are gaps', () => {
    const rates = rangeOf(2 * DAY, () => 12);
    rates[6] = Number.NaN;
    expect(contextOf(rates, DAY + 5)[3]).toBeCloseTo(normal(12), 6);
  });

  test('reads nothing after its origin, also when the horizon is longer than a day', () => {
    const arbitrary = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), {
      minLength: 40,
      maxLength: 80,
    });
    fc.assert(
      fc.property(arbitrary, fc.integer({ min: 1, max: 60 }), (rates, horizon) => {
        const origin = 35;
        const cut = rates.map((rate, step) => (step > origin ? 1e9 : rate));
        const [one, other] = [rates, cut].map((series) => {
          const out = new Float32Array(contextLength(horizon));
          writeContext(
            { rates: Float64Array.from(series), stepSeconds: 3600 },
            origin,
            horizon,
            SCALE,
            out,
            0,
          );
          return [...out];
        });
        expect(other).toEqual(one);
      }),
      { seed: 3 },
    );
  });

  test('does not change when the series is scaled', () => {
    const rates = rangeOf(8 * DAY, (step) => 5 + (step % 7));
    const scaled = rates.map((rate) => rate * 8);
    expect(contextOf(scaled, 7 * DAY, { anchor: 80, scale: 16 })).toEqual(contextOf(rates, 7 * DAY));
  });
});
