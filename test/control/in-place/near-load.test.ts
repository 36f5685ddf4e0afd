import { describe, expect, it } from 'vitest';
import { NearLoad } from '../../../src/control/in-place/near-load.ts';
import { seededRandom } from '../../../src/utils/random.ts';

const SPAN = 15;

/** Rates over the last 15, 30 and 60 s at the end of each span of a series of rates. */
function ratesAt(series: readonly number[], index: number) {
  const mean = (spans: number) => {
    const last = series.slice(Math.max(0, index + 1 - spans), index + 1);
    return last.reduce((sum, rate) => sum + rate, 0) / last.length;
  };
  return { last15: mean(1), last30: mean(2), last60: mean(4) };
}

/** What it plans for at the end of every span. */
function loadsOf(near: NearLoad, series: readonly number[], fromSeconds = 0): number[] {
  return series.map((_, index) => near.update(fromSeconds + SPAN * index, ratesAt(series, index)));
}

/** Share of the half minutes after the first `skipped` spans whose mean rate is at most what was planned for. */
function coverage(loads: readonly number[], series: readonly number[], skipped: number): number {
  const covered = loads
    .slice(skipped, -2)
    .map((load, index) => (series[skipped + index + 1]! + series[skipped + index + 2]!) / 2 <= load);
  return covered.filter(Boolean).length / covered.length;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('the load that is planned for until the next change in place', () => {
  it('lies some way above all that was seen lately while nothing is known of its errors', () => {
    const load = new NearLoad().update(0, { last15: 90, last30: 100, last60: 80 });
    expect(load).toBeGreaterThan(100);
    expect(load).toBeLessThan(150);
  });

  it('comes down to the rate itself where that never changes', () => {
    const loads = loadsOf(
      new NearLoad(),
      Array.from({ length: 40 }, () => 100),
    );
    expect(loads[0]).toBeGreaterThan(100);
    expect(loads.at(-1)).toBeCloseTo(100, 9);
  });

  it('is raised by what the rate went above it before: more than most half minutes bring, and little more', () => {
    const random = seededRandom(3);
    const series = Array.from({ length: 600 }, () => 100 * (0.8 + 0.4 * random()));
    const loads = loadsOf(new NearLoad(), series);
    expect(coverage(loads, series, 60)).toBeGreaterThan(0.82);
    expect(coverage(loads, series, 60)).toBeLessThan(0.99);
    const calm = loadsOf(
      new NearLoad(),
      series.map((rate) => 100 + (rate - 100) / 10),
    );
    expect(sum(calm.slice(60))).toBeLessThan(0.95 * sum(loads.slice(60)));
  });

  it('follows a ramp by its slope, and noise by its mean: the forecast speaks that has been best', () => {
    const ramp = Array.from({ length: 80 }, (_, index) => 100 + 5 * index);
    const loads = loadsOf(new NearLoad(), ramp);
    // The mean of the next half minute, on the line, is 7.5 above the last span.
    for (const [index, load] of loads.entries())
      if (index >= 40) expect(load / (ramp[index]! + 7.5)).toBeCloseTo(1, 1);

    const random = seededRandom(5);
    const noise = Array.from({ length: 400 }, () => 80 + 40 * random());
    const ofNoise = loadsOf(new NearLoad(), noise).slice(60);
    // By the last span alone it would go up and down by as much as the noise does.
    expect(Math.max(...ofNoise) / Math.min(...ofNoise)).toBeLessThan(
      0.9 * (Math.max(...noise) / Math.min(...noise)),
    );
  });

  it('does not depend on the size of the rates', () => {
    const random = seededRandom(9);
    const series = Array.from({ length: 100 }, () => 50 + 50 * random());
    const loads = loadsOf(new NearLoad(), series);
    const larger = loadsOf(
      new NearLoad(),
      series.map((rate) => 8 * rate),
    );
    for (const [index, load] of loads.entries()) expect(larger[index]).toBeCloseTo(8 * load, 6);
  });

  it('keeps the load while a chain that carried some falls silent, and learns nothing from that', () => {
    const random = seededRandom(11);
    const near = new NearLoad();
    const load = loadsOf(
      near,
      Array.from({ length: 60 }, () => 90 + 20 * random()),
    ).at(-1)!;
    for (let index = 60; index < 160; index += 1)
      expect(near.update(SPAN * index, { last15: 0, last30: 0, last60: 0 })).toBe(load);
    // Neither the silence nor the jump at its end is an error of a forecast.
    for (const after of loadsOf(near, [300, 300, 300, 300], SPAN * 160)) {
      expect(after).toBeGreaterThan(300);
      expect(after).toBeLessThan(340);
    }
  });

  it('keeps the load from before a silence that began within a span', () => {
    const near = new NearLoad();
    const steady = Array.from({ length: 60 }, () => 100);
    const load = loadsOf(near, steady).at(-1)!;
    // Two thirds of the span are silent already, and the plan follows it.
    const half = near.update(SPAN * 60, ratesAt([...steady, 33], 60));
    expect(half).toBeLessThan(0.95 * load);
    for (let index = 61; index < 100; index += 1)
      expect(near.update(SPAN * index, { last15: 0, last30: 0, last60: 0 })).toBe(load);
  });

  it('does not come down at once after a silence, nor for what came late of the time before it', () => {
    const near = new NearLoad();
    const load = loadsOf(
      near,
      Array.from({ length: 60 }, () => 100),
    ).at(-1)!;
    const silent = near.update(SPAN * 60, { last15: 0, last30: 90, last60: 120 });
    expect(silent).toBe(120);
    expect(silent).toBeGreaterThan(load);
    // For 75 s the last minute has a hole.
    const after = loadsOf(near, [40, 40, 40, 40, 40, 40], SPAN * 61);
    expect(after.slice(0, 4)).toEqual([120, 120, 120, 120]);
    for (const later of after.slice(4)) expect(later).toBeLessThan(60);
  });

  it('is as careful when it is asked more often than there is news', () => {
    const random = seededRandom(13);
    // A swing of 5 minutes, in steps of 5 s.
    const fives = Array.from(
      { length: 1800 },
      (_, index) => 100 * (1 + 0.5 * Math.sin((index / 60) * 2 * Math.PI)) * (0.95 + 0.1 * random()),
    );
    const mean = (from: number, to: number) => sum(fives.slice(from, to)) / (to - from);
    const near = new NearLoad();
    const covered = fives.slice(12, -6).map((_, offset) => {
      const now = offset + 12;
      const [last15, last30, last60] = [3, 6, 12].map((spans) => mean(now - spans, now));
      const load = near.update(5 * now, { last15: last15!, last30: last30!, last60: last60! });
      return mean(now, now + 6) <= load;
    });
    const settled = covered.slice(180);
    expect(settled.filter(Boolean).length / settled.length).toBeGreaterThan(0.85);
  });

  it('takes no request in a quarter of a minute for a rate where hardly any comes', () => {
    const near = new NearLoad();
    near.update(0, { last15: 0.2, last30: 0.2, last60: 0.2 });
    expect(near.update(SPAN, { last15: 0, last30: 0.1, last60: 0.15 })).toBeLessThan(0.2);
  });
});
