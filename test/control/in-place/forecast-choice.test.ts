import { describe, expect, it } from 'vitest';
import { chooseForecast, meanAsked } from '../../../src/control/in-place/forecast-choice.ts';
import type { Past } from '../../../src/control/in-place/scenario-raise.ts';
import { LOAD_FACTORS, ShareCurve } from '../../../src/control/in-place/share-curve.ts';
import { BY_SCHEDULE, LARGEST } from '../../../src/control/in-place/simple-forecasts.ts';
import { seededRandom } from '../../../src/utils/random.ts';

/** Nothing is slow up to the planned load, and soon everything beyond. */
const CURVE = new ShareCurve(LOAD_FACTORS.map((load) => Math.min(1, Math.max(0, 5 * (load - 1)))));

const TARGET = { allowed: 0.04, missedShare: 0.01 };

function pass(atSeconds: number, seconds: number, ...forecasts: number[]): Past {
  return { atSeconds, seconds, forecasts, came: [{ rate: 100, seconds: 18, spanRate: 100 }] };
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
  const choose = (past: readonly Past[], ...present: number[]) =>
    chooseForecast(past, present, CURVE, TARGET);

  it('is the one that would have asked for least, beside the mean that would', () => {
    const { forecast, mean, mostSeen } = choose(passes(40, 100, 150, 120), 100, 150, 120)!;
    // All are raised, or lowered to no less than nine tenths, to what came.
    expect([forecast, mean.forecast, mostSeen]).toEqual([0, 0, 100]);
  });

  it('has a peak of seconds for the largest that is remembered where these are told', () => {
    const past = passes(40, 100).map((one, i) => ({
      ...one,
      came: i === 20 ? [{ rate: 240, seconds: 1, spanRate: 128 }, ...one.came] : one.came,
    }));
    const { mostSeen } = choose(past, 100)!;
    expect(mostSeen).toBeGreaterThan(200);
    expect(mostSeen).toBeLessThanOrEqual(240);
  });

  it('is raised by more where fewer minutes may be missed, but for that of a schedule', () => {
    const random = seededRandom(2);
    const past = passes(160, ...Array.from({ length: 15 }, () => 100)).map((one) => ({
      ...one,
      came: [{ rate: 90 + 40 * random(), seconds: 18, spanRate: 100 }],
    }));
    const raiseOf = (missedShare: number, place: number) => {
      const present = Array.from({ length: 15 }, (_, i) => (i === place || i === 0 ? 100 : Number.NaN));
      // The mean has to be there as well: it is taken for dear.
      const dear = past.map((one) => ({
        ...one,
        forecasts: one.forecasts.map((f, i) => (i === 0 ? 9 * f : f)),
      }));
      return chooseForecast(dear, present, CURVE, { allowed: 0.04, missedShare })!;
    };
    expect(raiseOf(0.001, LARGEST).forecast).toBe(LARGEST);
    expect(raiseOf(0.001, LARGEST).raise).toBeGreaterThan(1.01 * raiseOf(0.01, LARGEST).raise);
    expect(raiseOf(0.001, BY_SCHEDULE).forecast).toBe(BY_SCHEDULE);
    expect(raiseOf(0.001, BY_SCHEDULE).raise).toBe(raiseOf(0.01, BY_SCHEDULE).raise);
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
