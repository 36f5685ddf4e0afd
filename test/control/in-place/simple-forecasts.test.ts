import { describe, expect, it } from 'vitest';
import {
  BY_SCHEDULE,
  LARGEST,
  type NearRates,
  simpleForecasts,
  WIDEST,
} from '../../../src/control/in-place/simple-forecasts.ts';

/** Rates at the end of 20 minutes of spans of 5 s. */
function ratesOf(spans: readonly number[], knownSeconds = 5 * spans.length): NearRates {
  const last = (seconds: number) => spans.slice(-seconds / 5);
  const mean = (seconds: number) => last(seconds).reduce((sum, rate) => sum + rate, 0) / (seconds / 5);
  const most = (seconds: number) => Math.max(...last(seconds));
  return {
    ...{ last15: mean(15), last30: mean(30), last60: mean(60), last120: mean(120) },
    ...{ last300: mean(300), last600: mean(600) },
    ...{ most60: most(60), most120: most(120), most300: most(300), most1200: most(1200) },
    counted15: mean(15),
    untilSeconds: 1200,
    knownSeconds,
  };
}

const ramp = (slope: number, end: number) =>
  Array.from({ length: 240 }, (_, span) => end - slope * 5 * (239.5 - span));

describe('simple forecasts', () => {
  it('are as many as stand before those of spikes', () => {
    expect(simpleForecasts(ratesOf(ramp(0, 70)))).toHaveLength(BY_SCHEDULE);
  });

  it('are all the rate itself where that is constant', () => {
    for (const forecast of simpleForecasts(ratesOf(ramp(0, 70)))) expect(forecast).toBeCloseTo(70, 9);
  });

  it('have one among them that is on the line of a ramp, up or down', () => {
    for (const slope of [0.2, -0.2])
      expect(simpleForecasts(ratesOf(ramp(slope, 300)))).toContainEqual(expect.closeTo(300, 9));
  });

  it('do not go down on a line to nothing', () => {
    const fallen = ratesOf([
      ...Array.from({ length: 234 }, () => 100),
      ...Array.from({ length: 6 }, () => 8),
    ]);
    for (const forecast of simpleForecasts(fallen)) expect(forecast).toBeGreaterThanOrEqual(0.5 * 8);
  });

  it('hold a peak for one, five and twenty minutes', () => {
    const peaks = (ago: number) => {
      const spans = Array.from({ length: 240 }, () => 10);
      spans[239 - ago / 5] = 90;
      return simpleForecasts(ratesOf(spans)).filter((forecast) => forecast === 90).length;
    };
    expect([30, 100, 250, 900].map(peaks)).toEqual([3, 2, 2, 1]);
  });

  it('have some that a dip of a minute does not take down, and of these some that a rise takes up at once', () => {
    const forecastsAfter = (last: number, spans: number) =>
      simpleForecasts(
        ratesOf(Array.from({ length: 240 }, (_, span) => (span < 240 - spans ? 100 : last))),
      ).slice(0, LARGEST);
    const [dipped, risen] = [forecastsAfter(60, 12), forecastsAfter(140, 3)];
    // The minute is a fifth of five, and a tenth of ten.
    for (const forecast of [92, 96]) expect(dipped).toContainEqual(expect.closeTo(forecast, 9));
    expect(dipped.filter((forecast) => forecast >= 92 - 1e-9)).toHaveLength(4);
    const untouched = dipped.map((forecast, place) => ({ forecast, risen: risen[place]! }));
    expect(untouched.filter((each) => each.forecast >= 92 - 1e-9 && each.risen === 140)).toHaveLength(1);
  });

  it('are no more than the largest of two minutes where that is less than longer means', () => {
    const fallen = simpleForecasts(
      ratesOf(Array.from({ length: 240 }, (_, span) => (span < 216 ? 100 : 30))),
    );
    expect(Math.max(...fallen.slice(0, LARGEST))).toBe(30);
  });

  it('are not known where they look back further than anything is known, the others are', () => {
    const unknown = (knownSeconds: number) =>
      simpleForecasts(ratesOf(ramp(0, 70), knownSeconds)).filter(Number.isNaN).length;
    expect([5, 295, 300, 1195, 1200].map(unknown)).toEqual([2, 2, 1, 1, 0]);
  });

  it('have one that is no less than any mean of the last minute', () => {
    for (const slope of [1, -1, 0]) {
      const rates = ratesOf(ramp(slope, 2000));
      const widest = simpleForecasts(rates)[WIDEST]!;
      expect(widest).toBe(Math.max(rates.last15, rates.last30, rates.last60));
    }
  });
});
