import { describe, expect, it } from 'vitest';
import { ChainForecaster } from '../../../../src/components/traffic-predictor/mixture/chain-forecaster.ts';
import { LEVELS, UPPER } from '../../../../src/components/traffic-predictor/mixture/levels.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { rangeOf } from '../series.ts';

const HORIZON = 10;
const DAY = 1440;
const WEEK = 7 * DAY;

/** Served at every step; all finite. */
function servedAlong(rates: Float64Array) {
  const forecaster = new ChainForecaster({ horizon: HORIZON, stepSeconds: 60 });
  const quantiles: Float64Array[] = [];
  const maxima: number[] = [];
  for (const rate of rates) {
    forecaster.advance(rate);
    const forecast = forecaster.forecast();
    quantiles.push(forecast?.quantiles.slice() ?? new Float64Array(HORIZON * LEVELS.length));
    maxima.push(forecast?.maximum95[HORIZON - 1] ?? 0);
  }
  expect(
    quantiles.every((block) => block.every((quantile) => Number.isFinite(quantile) && quantile >= 0)),
  ).toBe(true);
  expect(maxima.every(Number.isFinite)).toBe(true);
  return { quantiles, maxima };
}

function meanPinball(
  rates: Float64Array,
  from: number,
  upperOf: (step: number, h: number) => number,
): number {
  let sum = 0;
  for (let step = from; step + HORIZON < rates.length; step++) {
    for (let h = 0; h < HORIZON; h++) {
      const error = rates[step + h + 1]! - upperOf(step, h);
      sum += error > 0 ? 0.95 * error : -0.05 * error;
    }
  }
  return sum / (rates.length - HORIZON - from) / HORIZON;
}

describe('a service that is quiet every night', () => {
  const random = seededRandom(1);
  /** Open from 8 to 20, which takes half an hour. */
  const level = (step: number) => {
    const minute = step % DAY;
    return minute >= 480 && minute < 1200 ? 100 * Math.min(1, (minute - 479) / 30) : 0;
  };
  const rates = rangeOf(12 * DAY, (step) => level(step) * (1 + 0.05 * (random() - 0.5)));
  const { quantiles, maxima } = servedAlong(rates);

  it('is foreseen before it opens', () => {
    for (const day of [3, 10]) expect(maxima[day * DAY + 475]).toBeGreaterThan(0.9 * rates[day * DAY + 485]!);
  });

  it('is served nothing at night', () => {
    for (const day of [3, 10]) {
      for (const minute of [30, 180, 460, 1260, 1400]) expect(maxima[day * DAY + minute]).toBe(0);
    }
  });

  it('is not said to close before it does', () => {
    for (const minute of [1185, 1199]) expect(maxima[10 * DAY + minute]).toBeGreaterThan(95);
  });

  it('is forecast better than by yesterday', () => {
    const served = meanPinball(rates, 7 * DAY, (step, h) => quantiles[step]![h * LEVELS.length + UPPER]!);
    const yesterday = meanPinball(rates, 7 * DAY, (step, h) => 1.02 * rates[step + h + 1 - DAY]!);
    expect(served).toBeLessThan(yesterday);
  });

  it('and stays open for once is followed', () => {
    const open = rates.map((rate, step) => (step >= 10 * DAY + 600 && rate === 0 ? 100 : rate));
    const { maxima: followed } = servedAlong(open);
    for (const minute of [1215, 1400]) expect(followed[10 * DAY + minute]).toBeGreaterThan(95);
  });

  it('rests on nothing that comes later', () => {
    const from = 9 * DAY + 470;
    const { quantiles: otherwise } = servedAlong(
      rates.map((rate, step) => (step > from ? 50 - rate / 3 : rate)),
    );
    expect(otherwise[from]).toEqual(quantiles[from]);
    expect(otherwise[from + 15]).not.toEqual(quantiles[from + 15]);
  });
});

describe('an outage of two days', () => {
  const random = seededRandom(2);
  const whole = rangeOf(12 * DAY, (step) => {
    return (100 + 50 * Math.sin((2 * Math.PI * step) / DAY)) * (1 + 0.1 * (random() - 0.5));
  });
  const broken = whole.map((rate, step) => (step >= 5 * DAY && step < 7 * DAY ? 0 : rate));
  const unbroken = servedAlong(whole).maxima;
  const { maxima } = servedAlong(broken);

  it('teaches nothing bad', () => {
    for (const minute of [60, 720, DAY, 3 * DAY + 100]) {
      const step = 7 * DAY + minute;
      expect(Math.abs(maxima[step]! / unbroken[step]! - 1)).toBeLessThan(0.15);
    }
  });

  it('is given up after hours, and not at once', () => {
    expect(maxima[5 * DAY + 5]).toBeGreaterThan(0.8 * unbroken[5 * DAY + 5]!);
    expect(maxima[5 * DAY + 600]).toBe(0);
  });
});

it('a steady service that becomes a batch once an hour is learned within two days', () => {
  const random = seededRandom(3);
  const rates = rangeOf(3000 + 5 * DAY, (step) => (step < 3000 || step % 60 === 5 ? 50 + random() : 0));
  const { maxima } = servedAlong(rates);
  for (let step = 3000 + 3 * DAY; step < rates.length; step++) {
    const minute = step % 60;
    if (minute >= 55 || minute < 5) expect(maxima[step]).toBeGreaterThan(35);
    if (minute >= 10 && minute < 50) expect(maxima[step]).toBeLessThan(5);
  }
});

it('a job of four hours once a week is finite, and nothing is kept ready all the week', () => {
  const random = seededRandom(4);
  const rates = rangeOf(3 * WEEK, (step) => (step % WEEK < 240 ? 50 + 5 * random() : 0));
  const { maxima } = servedAlong(rates);
  for (const day of [3, 5]) expect(maxima[2 * WEEK + day * DAY]).toBe(0);
  expect(maxima[2 * WEEK + 100]).toBeGreaterThan(50);
});
