import { describe, expect, it } from 'vitest';
import { chooseForecast, meanAsked } from '../../../src/control/in-place/forecast-choice.ts';
import type { Past } from '../../../src/control/in-place/scenario-raise.ts';
import { LOAD_FACTORS, ShareCurve } from '../../../src/control/in-place/share-curve.ts';

/** Nothing is slow up to the planned load, and soon everything beyond. */
const CURVE = new ShareCurve(LOAD_FACTORS.map((load) => Math.min(1, Math.max(0, 5 * (load - 1)))));

function pass(atSeconds: number, seconds: number, ...forecasts: number[]): Past {
  return { atSeconds, seconds, forecasts, rates: [100, 100, 100, 100] };
}

const passes = (count: number, ...forecasts: number[]) =>
  Array.from({ length: count }, (_, i) => pass(15 * i, 15, ...forecasts));

describe('what a forecast asked for', () => {
  it('counts each pass once, for as long as it was in force', () => {
    const [long, short, other] = [pass(0, 15, 100), pass(15, 5, 400), pass(20, 10, 130)];
    const mean = (15 * 100 + 5 * 400 + 10 * 130) / 30;
    expect(meanAsked([[long, short], [short, other], [other]], 0)).toBeCloseTo(mean, 9);
  });
});

describe('the forecast that speaks', () => {
  const choose = (past: readonly Past[], ...present: number[]) => chooseForecast(past, present, CURVE, 0.04);

  it('is the one that would have asked for least, beside the mean that would', () => {
    const { forecast, mean, mostSeen } = choose(passes(40, 100, 150, 120), 100, 150, 120)!;
    // All are raised, or lowered to no less than nine tenths, to what came.
    expect([forecast, mean.forecast, mostSeen]).toEqual([0, 0, 100]);
  });

  it('is none of those that cannot speak now, or could not for most of the time', () => {
    expect(choose(passes(40, 100, 150), Number.NaN, 150)!.forecast).toBe(1);
    const late = passes(40, 100, 150).map((one, i) =>
      i < 30 ? { ...one, forecasts: [Number.NaN, 150] } : one,
    );
    expect(choose(late, 100, 150)!.forecast).toBe(1);
  });

  it('is unknown until a dozen minutes are', () => {
    expect(choose(passes(14, 100), 100)).toBeUndefined();
    expect(choose(passes(15, 100), 100)).toBeDefined();
  });
});
