import { describe, expect, it } from 'vitest';
import { type Minute, minutesOf, type Past, raiseFor } from '../../../src/control/in-place/scenario-raise.ts';
import { LOAD_FACTORS, ShareCurve } from '../../../src/control/in-place/share-curve.ts';
import type { Random } from '../../../src/models/ports.ts';
import { seededRandom } from '../../../src/utils/random.ts';

/** Passes every 15 s, each of which lasts for as long and one span more until the next takes effect. */
const INTERVAL = 15;
const SPANS_OF_PASS = 4;
const SPANS = INTERVAL / 5;
const ALLOWED = 0.04;
const TARGET = { allowed: ALLOWED, missedShare: 0.01, mostBeyond: 1.15 };

const cameIn = (rates: readonly number[]) => rates.map((rate) => ({ rate, seconds: 5, spanRate: rate }));

/** Nothing is slow up to the planned load, and soon everything beyond. */
const shareAt = (load: number) => Math.min(1, Math.max(0, 5 * (load - 1)));
const CURVE = new ShareCurve(LOAD_FACTORS.map(shareAt));

function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Number of arrivals in a time with so many in the mean, by the gaps between them. */
function poisson(mean: number, random: Random): number {
  const gap = () => -Math.log(1 - random());
  let count = 0;
  for (let time = gap(); time < mean; time += gap()) count += 1;
  return count;
}

/** Mean of the spans of the last minute, and the largest of the last five minutes. */
function forecastsAt(rates: readonly number[], now: number): readonly number[] {
  const minute = rates.slice(now - 12, now);
  return [minute.reduce((sum, rate) => sum + rate, 0) / 12, Math.max(...rates.slice(now - 60, now))];
}

function pastOf(rates: readonly number[], forecasts = forecastsAt): Past[] {
  const past: Past[] = [];
  for (let now = 60; now + SPANS_OF_PASS <= rates.length; now += SPANS)
    past.push({
      atSeconds: 5 * now,
      forecasts: forecasts(rates, now),
      came: cameIn(rates.slice(now, now + SPANS_OF_PASS)),
      seconds: INTERVAL,
    });
  return past;
}

/** Share of the minutes with more slow requests than are allowed, had passes planned for the raised forecast. */
function missed(past: readonly Past[], forecast: number, raise: number): number {
  let missedMinutes = 0;
  for (let first = 0; first + 4 <= past.length; first++) {
    let [slow, all] = [0, 0];
    for (const { forecasts, came } of past.slice(first, first + 4))
      for (const { rate } of came) {
        all += rate;
        slow += rate * shareAt(rate / (raise * forecasts[forecast]!));
      }
    if (slow > ALLOWED * all) missedMinutes += 1;
  }
  return missedMinutes / (past.length - 3);
}

function raiseOf(past: readonly Past[], forecast: number, curve = CURVE) {
  return raiseFor(minutesOf(past), forecast, curve, TARGET);
}

const hourAnd = (spans: number) => 60 + 720 + spans;

describe('by how much forecasts are raised', () => {
  it('is as much as keeps all but about a hundredth of the minutes to come, under noise that stays as it is', () => {
    const outcomes = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
      const random = seededRandom(seed);
      const rates = Array.from({ length: hourAnd(6000) }, () => 2000 * Math.exp(0.15 * gaussian(random)));
      const { raise } = raiseOf(pastOf(rates.slice(0, hourAnd(0))), 0);
      const later = pastOf(rates.slice(hourAnd(0)));
      let least = 1;
      while (missed(later, 0, least) > 0.01) least += 0.005;
      return { missed: missed(later, 0, raise), over: raise / least, unraised: missed(later, 0, 1) };
    });
    const mean = (of: (outcome: (typeof outcomes)[number]) => number) =>
      outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / outcomes.length;
    expect(mean((outcome) => outcome.unraised)).toBeGreaterThan(0.5);
    expect(mean((outcome) => outcome.missed)).toBeLessThan(0.015);
    // An hour tells the hundredth of 60 minutes to a few per cent.
    expect(mean(({ over }) => over)).toBeGreaterThan(0.97);
    expect(mean(({ over }) => over)).toBeLessThan(1.1);
  });

  it('is next to nothing where single arrivals are all that changes: plans know of these', () => {
    // Two means of a minute differ by 2.4 % here, and those of spans by four times that.
    const outcomes = [1, 2, 3, 4, 5].map((seed) => {
      const random = seededRandom(seed);
      const past = pastOf(Array.from({ length: hourAnd(0) }, () => poisson(5 * 60, random) / 5));
      let raw = 1;
      while (missed(past, 0, raw) > 0.01) raw += 0.01;
      return { raise: raiseOf(past, 0).raise, raw };
    });
    const mean = (of: (outcome: (typeof outcomes)[number]) => number) =>
      outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / outcomes.length;
    expect(mean(({ raise }) => raise)).toBeLessThan(1 + 4 * 0.024);
    expect(mean(({ raise }) => raise)).toBeGreaterThan(1);
    expect(mean(({ raise, raw }) => (raise - 1) / (raw - 1))).toBeLessThan(0.8);
  });

  it('is nothing for peaks that are held, and all of the peak for means, where peaks come again', () => {
    // Ten seconds of four times as much, every two and a half minutes.
    const rates = Array.from({ length: hourAnd(0) }, (_, span) => (span % 30 < 2 ? 800 : 200));
    const past = pastOf(rates);
    const [means, held] = [raiseOf(past, 0), raiseOf(past, 1)];
    expect(held.raise).toBeGreaterThan(0.95);
    expect(held.raise).toBeLessThan(1.05);
    expect(means.raise).toBeGreaterThan(3.5);
    expect(means.raise).toBeLessThan(1.15 * 4);
  });

  it('follows the curve: less where plans stand more than they were made for, and down to 0.9', () => {
    const random = seededRandom(8);
    const rates = Array.from({ length: hourAnd(0) }, () => 2000 * Math.exp(0.15 * gaussian(random)));
    const past = pastOf(rates);
    const tough = new ShareCurve(LOAD_FACTORS.map((load) => shareAt(load / 1.2)));
    expect(raiseOf(past, 0).raise / raiseOf(past, 0, tough).raise).toBeCloseTo(1.2, 1);
    const untouched = new ShareCurve(LOAD_FACTORS.map(() => 0));
    expect(raiseOf(past, 0, untouched).raise).toBeCloseTo(0.9, 9);
    // Where no raise helps there is none.
    expect(raiseOf(past, 0, new ShareCurve(LOAD_FACTORS.map(() => 1))).raise).toBe(1);
  });

  it('is the largest one, and a number, where nothing was forecast or nothing is known of that', () => {
    for (const none of [0, Number.NaN]) {
      const rates = Array.from({ length: hourAnd(0) }, () => 100);
      const { raise, uncertainty } = raiseOf(
        pastOf(rates, () => [none]),
        0,
      );
      expect(raise).toBeCloseTo(6, 1);
      expect(uncertainty).toBeCloseTo(1, 6);
    }
  });

  it('allows for a normal tail where a quarter of an hour happens to show none', () => {
    const quarter = (seed: number) => {
      const random = seededRandom(seed);
      return pastOf(Array.from({ length: 60 + 180 }, () => 2000 * Math.exp(0.15 * gaussian(random))));
    };
    const seeds = Array.from({ length: 40 }, (_, index) => 100 + index);
    const random = seededRandom(99);
    const hours = pastOf(
      Array.from({ length: hourAnd(6000) }, () => 2000 * Math.exp(0.15 * gaussian(random))),
    );
    const outcomes = seeds.map((seed) => missed(hours, 0, raiseOf(quarter(seed), 0).raise));
    // Not one quarter of an hour leads to far too little, and the mean of them to hardly more than a hundredth.
    expect(Math.max(...outcomes)).toBeLessThan(0.1);
    expect(outcomes.reduce((sum, one) => sum + one, 0) / outcomes.length).toBeLessThan(0.014);
  });

  it('is known the less the more minutes have in common', () => {
    const random = seededRandom(9);
    const rates = Array.from({ length: 60 + 300 }, () => 2000 * Math.exp(0.15 * gaussian(random)));
    const overlaps = minutesOf(pastOf(rates));
    // As if none had anything in common with another one.
    const joined = overlaps.map((minute, i) =>
      minute.map((pass, j) => ({ ...pass, atSeconds: 60 * i + INTERVAL * j })),
    );
    const [alone, overlapping] = [joined, overlaps].map((minutes) => raiseFor(minutes, 0, CURVE, TARGET));
    expect(overlapping!.uncertainty).toBeGreaterThan(alone!.uncertainty);
    expect(overlapping!.raise).toBeGreaterThanOrEqual(alone!.raise);
    expect(alone!.uncertainty).toBeGreaterThan(1);
  });

  it('is no more uncertain than what it is cut off at, however seldom may be missed', () => {
    const random = seededRandom(6);
    const rates = Array.from({ length: hourAnd(0) }, () => 200 * Math.exp(0.2 * gaussian(random)));
    const minutes = minutesOf(pastOf(rates));
    const seldom = [1e-3, 1e-5, 1e-7].map((missedShare) =>
      raiseFor(minutes, 0, CURVE, { ...TARGET, missedShare }),
    );
    for (const { raise, uncertainty } of seldom) {
      expect(raise).toBe(seldom[0]!.raise);
      expect(uncertainty).toBeLessThan(1.5);
    }
  });

  it.each([1.15, 1.02])('goes at most so far beyond what any minute has needed: %d', (mostBeyond) => {
    // One in ten minutes needs more, and each another amount.
    const rates = Array.from({ length: hourAnd(0) }, (_, span) => (span % 120 < 12 ? 200 + span : 200));
    const past = pastOf(rates);
    let enough = 1;
    while (missed(past, 0, enough) > 0) enough *= 1.01;
    const { raise } = raiseFor(minutesOf(past), 0, CURVE, { ...TARGET, mostBeyond });
    expect(raise).toBeGreaterThan(enough / 1.05);
    expect(raise).toBeLessThanOrEqual(mostBeyond * enough);
  });
});

describe('minutes to learn from', () => {
  const passes = (count: number, rate: number, interval = INTERVAL): Past[] =>
    Array.from({ length: count }, (_, index) => ({
      atSeconds: interval * index,
      forecasts: [rate],
      // Until the next one has taken effect.
      came: Array.from({ length: interval + 3 }, () => ({ rate, seconds: 1, spanRate: rate })),
      seconds: interval,
    }));
  const count = (past: readonly Past[]) => minutesOf(past).length;

  it('are all that passes in a row make, overlapping', () => {
    expect([0, 3, 4, 10].map((passed) => count(passes(passed, 50)))).toEqual([0, 0, 1, 7]);
    expect(count(passes(10, 50, 60))).toBe(10);
    expect(count(passes(6, 50, 5))).toBe(0);
  });

  it('are there whatever the time between passes', () => {
    for (const interval of [5, 6, 7, 9, 11, 12, 13, 16, 17, 20, 30, 45, 60]) {
      const some = passes(Math.max(30, Math.ceil(600 / interval)), 50, interval);
      expect(count(some), `${interval} s`).toBeGreaterThan(20);
    }
  });

  it('are no more where passes are made more often for a while', () => {
    const before = passes(20, 50);
    const often = passes(60, 50, 5).map((pass) => ({ ...pass, atSeconds: pass.atSeconds + 300 }));
    const later = passes(20, 50).map((pass) => ({ ...pass, atSeconds: pass.atSeconds + 600 }));
    expect(count([...before, ...often, ...later])).toBe(count(passes(60, 50)));
  });

  it('are none with few requests: these say nothing of a percentile', () => {
    expect(count(passes(10, 19 / 60))).toBe(0);
    expect(count(passes(10, 21 / 60))).toBe(7);
    expect(count(passes(10, 0))).toBe(0);
  });

  it('have nothing of what was before the clock was set back', () => {
    const back = passes(40, 50).map((pass) => ({ ...pass, atSeconds: pass.atSeconds - 300 }));
    const minutes = minutesOf([...passes(40, 20), ...back]);
    for (const minute of minutes) expect(new Set(minute.map(({ came }) => came[0]!.rate)).size).toBe(1);
    expect(Math.max(...minutes.map((minute) => minute.length))).toBe(4);
    expect(minutes.length).toBe(2 * count(passes(40, 50)));
  });

  it('do not reach over a pause', () => {
    const [before, after] = [passes(6, 50), passes(6, 50)];
    const later = after.map((pass) => ({ ...pass, atSeconds: pass.atSeconds + 600 }));
    expect(count([...before, ...later])).toBe(6);
  });

  it('have as many requests as came, spread by less', () => {
    const all = (minute: Minute) => minute.flatMap(({ came }) => came.map(({ rate }) => rate));
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    const spread = (values: readonly number[]) =>
      sum(values.map((value) => (value - sum(values) / values.length) ** 2)) / (values.length - 1);
    const random = seededRandom(3);
    const noisy = passes(4, 0).map((pass) => ({
      ...pass,
      came: cameIn(Array.from({ length: 4 }, () => 40 * (0.5 + random()))),
    }));
    const minute = minutesOf(noisy).at(-1);
    const raw = all(noisy);
    expect(sum(all(minute!))).toBeCloseTo(sum(raw), 9);
    // What is left is the variance beyond that of counts over five seconds.
    expect(spread(all(minute!))).toBeCloseTo(spread(raw) - sum(raw) / raw.length / 5, 9);
  });
});
