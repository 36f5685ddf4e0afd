import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contextLength, writeContext } from '../../../../src/components/traffic-predictor/gru/context.ts';
import { windowScale } from '../../../../src/components/traffic-predictor/gru/windows.ts';
import { rangeOf } from '../series.ts';

const STEPS = 6;
const HORIZON = 3;
const STEP_SECONDS = 3600;
const DAY = 24;
/** The window's median stands first; numbers of one season: known, level, then one a step ahead. */
const SEASON = 2 + HORIZON;

function contextOf(rates: Float64Array, origin: number, horizon = HORIZON): number[] {
  const scale = windowScale(rates, origin, STEPS);
  if (scale === undefined) throw new Error('the window is constant');
  const out = new Float32Array(contextLength(horizon) + 2).fill(7);
  writeContext({ rates, stepSeconds: STEP_SECONDS }, origin, STEPS, horizon, scale, out, 1);
  expect([out[0], out.at(-1)]).toEqual([7, 7]);
  return [...out.subarray(1, -1)];
}

/** What is left without the window's median. */
function seasonsOf(rates: Float64Array, origin: number): number[] {
  return contextOf(rates, origin).slice(1);
}

/** Every day the same, but for a rise from hour 10 on that is higher day by day. */
function risingDays(days: number): Float64Array {
  return rangeOf(days * DAY, (step) => {
    const hour = step % DAY;
    return hour < 10 ? 20 + (hour % 2) : 20 + Math.floor(step / DAY);
  });
}

describe('the context of a window', () => {
  test('has what followed at the same time yesterday, a week ago and in the median of seven days', () => {
    const rates = risingDays(9);
    const origin = 8 * DAY + 9;
    const context = seasonsOf(rates, origin);
    const { anchor, scale } = windowScale(rates, origin, STEPS)!;
    const numberOf = (day: number) => (20 + day - anchor) / scale / 2;
    for (let h = 0; h < HORIZON; h++) {
      expect(context[2 + h]).toBeCloseTo(numberOf(7), 5);
      expect(context[SEASON + 2 + h]).toBeCloseTo(numberOf(1), 5);
      expect(context[2 * SEASON + 2 + h]).toBeCloseTo(numberOf(4), 5);
    }
    expect([context[0], context[SEASON], context[2 * SEASON]]).toEqual([1, 1, 1]);
  });

  test('begins with the calm level of the window, which knows of no burst', () => {
    const rates = Float64Array.of(20, 21, 20, 22, 90, 80);
    const { anchor, scale } = windowScale(rates, 5, STEPS)!;
    const calm = Math.max(-10, (22 - anchor) / scale / 2);
    expect(contextOf(rates, 5)[0]).toBeCloseTo(calm, 5);
  });

  test('means the same after traffic has doubled over night', () => {
    const rates = risingDays(9);
    const doubled = rates.map((rate, step) => (step < 8 * DAY ? rate : 2 * rate));
    const origin = 8 * DAY + 9;
    const wanted = seasonsOf(rates, origin);
    seasonsOf(doubled, origin).forEach((number, i) => {
      expect(number).toBeCloseTo(wanted[i]!, 5);
    });
  });

  test('is all zeros for a season that lies before the series or in a gap', () => {
    const rates = risingDays(3);
    rates.fill(Number.NaN, DAY, DAY + 12);
    const context = seasonsOf(rates, 2 * DAY + 9);
    expect(context.slice(0, 2 * SEASON)).toEqual(new Array(2 * SEASON).fill(0));
    // Two days ago is known still, and the median is that of what is known.
    expect(context[2 * SEASON]).toBe(1);
  });

  test('sees no change where single steps of a season are gaps', () => {
    const rates = risingDays(2);
    rates[10] = Number.NaN;
    expect(seasonsOf(rates, DAY + 9)[2]).toBe(0);
  });

  test('is finite whatever the rates', () => {
    const rate = fc.oneof(fc.constant(0), fc.constant(Number.NaN), fc.double({ min: 0, max: 1e12 }));
    fc.assert(
      fc.property(fc.array(rate, { minLength: 60, maxLength: 60 }), (rates) => {
        const series = Float64Array.from(rates);
        fc.pre(windowScale(series, 50, STEPS) !== undefined);
        for (const number of contextOf(series, 50)) expect(Math.abs(number)).toBeLessThanOrEqual(10);
      }),
      { seed: 5 },
    );
  });

  test('reads nothing after its origin, also when the horizon is longer than a day', () => {
    const arbitrary = fc.array(fc.double({ min: 1, max: 100, noNaN: true }), {
      minLength: 80,
      maxLength: 80,
    });
    fc.assert(
      fc.property(arbitrary, fc.integer({ min: 1, max: 60 }), (rates, horizon) => {
        const series = Float64Array.from(rates);
        fc.pre(windowScale(series, 65, STEPS) !== undefined);
        const other = series.map((rate, step) => (step > 65 ? 1e9 : rate));
        expect(contextOf(other, 65, horizon)).toEqual(contextOf(series, 65, horizon));
      }),
      { seed: 3 },
    );
  });

  test('does not change when the series is scaled', () => {
    const rates = risingDays(9);
    const origin = 8 * DAY + 9;
    expect(
      contextOf(
        rates.map((rate) => rate * 8),
        origin,
      ),
    ).toEqual(contextOf(rates, origin));
  });
});
