import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { generateArrivals, type Traffic } from '../../../bench/policy/traffic/arrivals.ts';
import { withBursts } from '../../../bench/policy/traffic/bursts.ts';
import { gammaVariate } from '../../../bench/policy/traffic/random-gamma.ts';
import { fitToRun, readTraffic, scaledToMean } from '../../../bench/policy/traffic/trace.ts';
import { type RateTrace, traceSeconds } from '../../../bench/replay/arrivals.ts';
import { seededRandom } from '../../../src/utils/random.ts';

const HOUR = 3600;
const trace = (bucketSeconds: number, rates: readonly number[]): RateTrace => ({
  bucketSeconds,
  ratesPerSecond: Float64Array.from(rates),
});
const rates = ({ ratesPerSecond }: RateTrace) => [...ratesPerSecond];
const hours = (...perHour: readonly number[]) => trace(HOUR, perHour);
const day = (rate: number) => Array<number>(24).fill(rate);

describe('a trace in a run', () => {
  it('stays as it is when it is as long', () => {
    expect(fitToRun(trace(10, [1, 2, 3]), 30)).toEqual(trace(10, [1, 2, 3]));
  });

  it('is compressed as a whole when it is longer, and shorter than a day', () => {
    expect(fitToRun(trace(10, [1, 2, 3, 4]), 20)).toEqual(trace(5, [1, 2, 3, 4]));
  });

  it('gives one day of itself when it has a day or more: the first that is not mostly empty', () => {
    const mostlyEmpty = day(0).fill(7, 0, 11);
    const withGap = day(5).fill(0, 3, 6);
    const fitted = fitToRun(hours(...mostlyEmpty, ...withGap, ...day(9)), HOUR);
    expect(rates(fitted)).toEqual(withGap);
    expect(fitted.bucketSeconds).toBe(150);
    expect(rates(fitToRun(hours(...day(1)), HOUR))).toEqual(day(1));
    expect(() => fitToRun(hours(...mostlyEmpty, 1), HOUR)).toThrow(
      'no day with requests in half of its buckets',
    );
  });

  it('repeats when it is shorter', () => {
    expect(fitToRun(trace(10, [1, 2, 3]), 75)).toEqual(trace(10, [1, 2, 3, 1, 2, 3, 1, 2]));
    expect(rates(fitToRun(hours(...day(1)), 30 * HOUR))).toHaveLength(30);
  });

  it('covers the run whatever the lengths are', () => {
    for (const [bucket, count, run] of [
      [10, 8640, 900],
      [60, 1440, 2520],
      [1, 3600, 7777],
    ] as const) {
      const fitted = fitToRun(trace(bucket, Array<number>(count).fill(1)), run);
      expect(traceSeconds(fitted)).toBeGreaterThanOrEqual(run - 1e-6);
      expect(traceSeconds(fitted)).toBeLessThan(run + bucket);
    }
  });

  it('is scaled to its mean over the run exactly, also with a bucket that the run cuts, and in visits', () => {
    expect(rates(scaledToMean(trace(10, [1, 3]), 20, 100))).toEqual([50, 150]);
    expect(rates(scaledToMean(trace(10, [1, 3]), 15, 100))).toEqual([60, 180]);
    const visitsAt = (seconds: number) => (seconds < 10 ? 2 : 4);
    expect(rates(scaledToMean(trace(10, [1, 1]), 20, 1200, visitsAt))).toEqual([400, 400]);
    expect(() => scaledToMean(trace(10, [0, 0]), 20, 1)).toThrow('found no requests in the run');
  });

  it('is read plain and compressed, and named when it is wrong', () => {
    const folder = mkdtempSync(join(tmpdir(), 'traffic-'));
    const file = (name: string, content: string | Buffer) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const text = 'seconds,requests\r\n0,10\r\n10,40\r\n';
    const plain = readTraffic(file('t.csv', text), 10);
    expect(plain).toEqual(trace(5, [1, 4]));
    expect(readTraffic(file('t.csv.gz', gzipSync(text)), 10)).toEqual(plain);
    expect(() => readTraffic(file('bad.csv', 'seconds,requests\n0,1\n1,x\n'), 10)).toThrow(
      /bad\.csv: line 3 of the trace: found "1,x"/,
    );
    rmSync(folder, { recursive: true });
  });
});

describe('arrivals', () => {
  const even = (perSecond: number, seconds: number): Traffic => ({
    rates: trace(1, Array<number>(seconds).fill(perSecond)),
    mixes: [{ fromSeconds: 0, shares: [0.2, 0.5, 0.3] }],
  });
  /** Requests in each second. */
  const counts = (times: Float64Array, seconds: number) => {
    const perSecond = new Float64Array(seconds);
    for (const time of times) perSecond[Math.floor(time)]! += 1;
    return perSecond;
  };
  const dispersion = (values: Float64Array) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length / mean;
  };

  it('are Poisson: the rate in the mean, a dispersion of 1, independent gaps', () => {
    const { timesSeconds } = generateArrivals(even(100, 4000), 4000, 1);
    expect(timesSeconds.length / 400_000).toBeCloseTo(1, 2);
    expect(dispersion(counts(timesSeconds, 4000))).toBeGreaterThan(0.93);
    expect(dispersion(counts(timesSeconds, 4000))).toBeLessThan(1.07);
    const gaps = timesSeconds.slice(1).map((time, i) => time - timesSeconds[i]!);
    expect(gaps.filter((gap) => gap > 0.01).length / gaps.length).toBeCloseTo(Math.exp(-1), 2);
    expect(gaps.every((gap) => gap >= 0)).toBe(true);
  });

  it('follow the rate within the run, and end with it', () => {
    const traffic = { ...even(1, 1), rates: trace(100, [50, 0, 200, 50]) };
    const { timesSeconds } = generateArrivals(traffic, 350, 2);
    const between = (from: number, to: number) =>
      timesSeconds.filter((time) => time >= from && time < to).length;
    expect(between(0, 100) / 5000).toBeCloseTo(1, 1);
    expect(between(100, 200)).toBe(0);
    expect(between(200, 300) / 20_000).toBeCloseTo(1, 1);
    expect(timesSeconds.at(-1)).toBeLessThan(350);
    expect(timesSeconds.at(-1)).toBeGreaterThan(349);
  });

  it('are of the chains as the mix of their time says', () => {
    const mixes = [
      { fromSeconds: 0, shares: [0.2, 0.5, 0.3] },
      { fromSeconds: 500, shares: [0.7, 0, 0.3] },
    ];
    const { timesSeconds, chains } = generateArrivals({ ...even(100, 1000), mixes }, 1000, 3);
    const share = (chain: number, late: boolean) => {
      const those = chains.filter((_, i) => timesSeconds[i]! >= 500 === late);
      return those.filter((each) => each === chain).length / those.length;
    };
    expect([0, 1, 2].map((chain) => Math.round(50 * share(chain, false)))).toEqual([10, 25, 15]);
    expect([0, 1, 2].map((chain) => Math.round(50 * share(chain, true)))).toEqual([35, 0, 15]);
  });

  it('are the same for the same seed alone, and their times do not depend on the mix', () => {
    const [first, again, other] = [5, 5, 6].map((seed) => generateArrivals(even(20, 100), 100, seed));
    expect(again).toEqual(first);
    expect(other!.timesSeconds).not.toEqual(first!.timesSeconds);
    const onlyOne = generateArrivals({ ...even(20, 100), mixes: [{ fromSeconds: 0, shares: [1] }] }, 100, 5);
    expect(onlyOne.timesSeconds).toEqual(first!.timesSeconds);
    expect(onlyOne.chains.every((chain) => chain === 0)).toBe(true);
  });

  it.each([0.25, 1, 4])('come in bursts of the dispersion asked for, with buckets of %d s', (bucket) => {
    const calm = trace(bucket, Array<number>(6000 / bucket).fill(100));
    const bursty = withBursts(calm, 5, seededRandom(7));
    const { timesSeconds } = generateArrivals({ ...even(1, 1), rates: bursty }, 6000, 8);
    expect(timesSeconds.length / 600_000).toBeCloseTo(1, 1);
    expect(dispersion(counts(timesSeconds, 6000))).toBeGreaterThan(4.6);
    expect(dispersion(counts(timesSeconds, 6000))).toBeLessThan(5.4);
  });

  it('know no dispersion under that of Poisson', () => {
    const calm = trace(1, [1]);
    expect(withBursts(calm, 1, seededRandom(1))).toBe(calm);
    expect(() => withBursts(calm, 0.5, seededRandom(1))).toThrow('dispersion: found 0.5, allowed: 1 or more');
  });
});

describe('a gamma variate', () => {
  it.each([0.3, 1, 7.5])('has its shape %d as mean and variance', (shape) => {
    const random = seededRandom(11);
    const values = Array.from({ length: 100_000 }, () => gammaVariate(shape, random));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(mean / shape).toBeCloseTo(1, 1);
    expect(variance / shape).toBeGreaterThan(0.95);
    expect(variance / shape).toBeLessThan(1.05);
  });
});
