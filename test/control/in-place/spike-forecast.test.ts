import { describe, expect, it } from 'vitest';
import type { RateOver } from '../../../src/control/in-place/seen-until.ts';
import { SpikeForecast, type SpikesThen } from '../../../src/control/in-place/spike-forecast.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { poisson } from './poisson.ts';

const INTERVAL = 15;
const PERIOD = 300;

/** 20 s of 500 requests/s in every five minutes, 100 in between. */
const rateAt = (seconds: number) => (seconds % PERIOD < 20 ? 500 : 100);

/** The usual rate and what the spikes had on top of it. */
const PEAK = 500;

/** How long after its end a span is known, s. */
const LATE = 5;

const knownUntil = (at: number) => 5 * Math.floor((at - LATE) / 5);
interface Watched {
  readonly isLate?: (seconds: number) => boolean;
  readonly rateOf?: (seconds: number) => number;
  readonly rateOver?: RateOver;
}

/** What is known and forecast at every pass until then: at one each interval, and when it changes by the clock. */
function watched(untilSeconds: number, { isLate = () => false, rateOf = rateAt, rateOver }: Watched = {}) {
  const forecast = new SpikeForecast();
  const passes: SpikesThen[] = [];
  for (let at = INTERVAL; at <= untilSeconds; ) {
    forecast.read(knownUntil(at), rateOf, isLate(at));
    const pass = forecast.now(at, knownUntil(at), rateOver);
    passes.push(pass);
    const change = forecast.changesAt(pass, LATE);
    expect(change).toBeGreaterThan(at);
    at = Math.min(5 * Math.ceil((at + INTERVAL) / 5), change);
  }
  return { forecast, passes };
}

/** By second: the forecast in force, which is that of the pass three seconds before or earlier. */
function inForce(passes: readonly SpikesThen[], seconds: number): number {
  return passes.findLast(({ atSeconds }) => atSeconds + 3 <= seconds)!.forecast;
}

const secondsOf = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('the forecast of spikes by a clock', () => {
  it('is unknown until four were seen, and then also for the passes before', () => {
    const early = watched(1100);
    expect(early.forecast.peak).toBeUndefined();
    expect(early.forecast.at(early.passes.at(-1)!, INTERVAL)).toBeNaN();
    // Of three spikes the next one may be a tenth higher.
    expect(early.forecast.held(early.passes.at(-1)!)).toBeCloseTo(PEAK + 40, 9);
    const { forecast, passes } = watched(1300);
    expect(forecast.peak).toBeCloseTo(PEAK, 9);
    const before = passes.filter(({ atSeconds }) => atSeconds > 650 && atSeconds < 850);
    expect(before.every(({ forecast: said }) => Number.isNaN(said))).toBe(true);
    expect(before.map((pass) => forecast.at(pass, INTERVAL))).toEqual(before.map(() => 100));
  });

  it('is the spike from seconds before it until it is over, and the usual load else', () => {
    const { passes } = watched(3000);
    const seconds = secondsOf(1330, 3000);
    for (const second of seconds) expect(inForce(passes, second)).toBeGreaterThanOrEqual(rateAt(second));
    // 20 s of a spike, 9 before it, 5 to 10 until its end is known and 3 until that has effect.
    const usual = seconds.filter((second) => inForce(passes, second) === 100);
    expect(usual.length / seconds.length).toBeGreaterThan(1 - 45 / PERIOD);
  });

  it('stays what it was, whatever is known later', () => {
    const { forecast, passes } = watched(3000);
    for (const pass of passes.filter(({ forecast: said }) => !Number.isNaN(said)))
      expect(forecast.at(pass, INTERVAL)).toBe(pass.forecast);
  });

  it('stays what it was also where the spikes that came later were larger', () => {
    const growing = (seconds: number) => (seconds % PERIOD < 20 ? 500 + seconds / 20 : 100);
    const { forecast, passes } = watched(3000, { rateOf: growing });
    const known = passes.filter(({ forecast: said }) => said > 100 && said < 640);
    expect(known.length).toBeGreaterThan(0);
    for (const pass of known) expect(forecast.at(pass, INTERVAL)).toBe(pass.forecast);
  });

  it('comes on top of what is usual by now, and nothing is usual of silence', () => {
    const isSpike = (seconds: number) => seconds % PERIOD < 20;
    const rising = (seconds: number) => (seconds < 2000 ? 100 : 300) + (isSpike(seconds) ? 400 : 0);
    expect(watched(2900, { rateOf: rising }).forecast.peak).toBeCloseTo(300 + 400, 9);
    const { forecast } = watched(1650);
    // Two minutes of it, which were not read, and not what follows on them either.
    const silent = (seconds: number) => (seconds > 1645 && seconds < 1765 ? 0 : rateAt(seconds));
    for (let at = 1665; at <= 1770; at += INTERVAL) forecast.skip(at - 5);
    for (let at = 1785; at <= 1830; at += INTERVAL) {
      forecast.read(at - 5, silent, false);
      const known = forecast.now(at, at - 5);
      expect(known.usual).toBe(100);
      expect(forecast.held(known)).toBeCloseTo(PEAK, 9);
    }
  });

  it('is what there is of a spike that is larger than any before, and of one that is going', () => {
    const tail = [500, 500, 500, 500, 240, 240, 240, 240];
    const rateOf = (seconds: number) => {
      if (seconds >= 2100 && seconds < 2120) return 700;
      return tail[Math.floor((seconds % PERIOD) / 5)] ?? 100;
    };
    const { passes } = watched(2200, { rateOf });
    const of = (atSeconds: number) => passes.find((pass) => pass.atSeconds === atSeconds)!.forecast;
    // Of the seconds until 2110, and until 1835.
    expect(of(2115)).toBe(700);
    expect(of(1830)).toBe(240);
  });

  it('follows a usual load that has risen within a quarter of a minute', () => {
    const { passes } = watched(2025, { rateOf: (seconds) => (seconds >= 2000 ? 150 : rateAt(seconds)) });
    const [before, first, then] = passes.slice(-3).map(({ forecast }) => forecast);
    expect(before).toBe(100);
    expect(first).toBeGreaterThan(100);
    expect(then).toBe(150);
  });

  it('is enough for Poisson arrivals, and usual in between', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = seededRandom(seed);
      const [period, offset] = [280 + 60 * random(), 300 * random()];
      const inSpike = (seconds: number) => (((seconds - offset) % period) + period) % period < 22.5;
      const meanAt = (seconds: number) =>
        [0.5, 1.5, 2.5, 3.5, 4.5].reduce((sum, part) => sum + (inSpike(seconds + part) ? 100 : 20), 0);
      const counts = Array.from({ length: 800 }, (_, span) => poisson(meanAt(5 * span), random));
      const { passes } = watched(3600, { rateOf: (seconds) => counts[seconds / 5]! / 5 });
      const seconds = secondsOf(Math.ceil(6 * period + offset), 3600);
      for (const second of seconds) {
        // At its very end capacity may go.
        if (inSpike(second) && inSpike(second + 4)) expect(inForce(passes, second)).toBeGreaterThan(80);
      }
      const usual = seconds.filter((second) => inForce(passes, second) < 40);
      expect(usual.length / seconds.length).toBeGreaterThan(0.75);
    }
  });

  it('changes some seconds before a spike is due, with every span of one, and when none has come', () => {
    // None at 2400 s.
    const rateOf = (seconds: number) => (seconds >= 2400 && seconds < 2700 ? 100 : rateAt(seconds));
    const { forecast, passes } = watched(2690, { rateOf });
    const timesOf = (from: number, to: number) =>
      passes.map(({ atSeconds }) => atSeconds).filter((at) => at >= from && at < to);
    const peaks = passes.filter(({ forecast: said }) => said > 100).map(({ atSeconds }) => atSeconds);
    const opened = peaks.find((at) => at > 2340)!;
    // Three seconds for the effect, and what onsets are away from the grid.
    expect(opened).toBeGreaterThan(2400 - 3 - 5);
    expect(opened).toBeLessThan(2400 - 3);
    expect(peaks.findLast((at) => at < 2500)).toBeLessThan(2425);
    // It may be late by 10 s. The span from 2410 s on, the first that tells of an onset as late, is known at 2420 s; and so that
    // there is time for that, a pass is made when none was in time.
    expect(timesOf(2403, 2419).length).toBeGreaterThan(0);
    const closed = passes.find(({ atSeconds, forecast: said }) => atSeconds > 2400 && said === 100)!;
    expect(closed.atSeconds).toBeGreaterThan(2410);
    expect(closed.atSeconds).toBeLessThanOrEqual(2425);
    // A spike that comes is looked at with every span.
    expect(timesOf(2110, 2130)).toEqual(expect.arrayContaining([2110, 2115, 2120, 2125]));
    expect(forecast.changesAt(passes.at(-1)!, LATE)).toBeGreaterThan(2680);
  });

  it('is usual sooner where the latest seconds show that none has come, and not where they show one', () => {
    const rateOf = (seconds: number) => (seconds >= 2400 && seconds < 2700 ? 100 : rateAt(seconds));
    const closedAt = (rateOver?: RateOver) =>
      watched(2690, { rateOf, ...(rateOver && { rateOver }) }).passes.find(
        ({ atSeconds, forecast }) => atSeconds > 2400 && forecast === 100,
      )!.atSeconds;
    const [bySpans, bySeconds] = [closedAt(), closedAt(() => 100)];
    expect(bySeconds).toBeLessThan(bySpans - 3);
    expect(bySeconds).toBeLessThan(2416);
    expect(closedAt(() => 130)).toBe(bySpans);
    // They are looked at thrice at most for one in time, and so for a late one.
    const untold = watched(2690, { rateOf, rateOver: () => 130 }).passes;
    const tried = untold.filter(({ atSeconds }) => atSeconds > 2400 && atSeconds < bySpans);
    expect(tried.length).toBeGreaterThan(1);
    expect(tried.length).toBeLessThanOrEqual(8);
    const arriving = watched(2690, { rateOver: (from) => rateAt(from) });
    for (const second of secondsOf(1330, 2690))
      expect(inForce(arriving.passes, second)).toBeGreaterThanOrEqual(rateAt(second));
  });

  it('is the spike already at a pass that is made up to three seconds before its change', () => {
    const { forecast, passes } = watched(2000);
    const opens = forecast.changesAt(passes.at(-1)!, LATE);
    const saidAt = (at: number) => forecast.now(at, knownUntil(at)).forecast;
    for (const before of [0, 2, 2.9]) expect(saidAt(opens - before)).toBeCloseTo(PEAK, 9);
    expect(saidAt(opens - 3.1)).toBe(100);
  });

  it('goes on when nothing is usual any more, as the load has risen for good', () => {
    const { forecast, passes } = watched(2600, { rateOf: (at) => (at >= 2100 ? 500 : rateAt(at)) });
    const unknownUsual = passes.filter(({ atSeconds, usual }) => atSeconds > 2100 && Number.isNaN(usual));
    expect(unknownUsual.length).toBeGreaterThan(0);
    for (const pass of unknownUsual) expect(forecast.changesAt(pass, LATE)).toBe(Number.POSITIVE_INFINITY);
  });

  it('never changes by the clock as long as no schedule is known', () => {
    const { forecast, passes } = watched(1100);
    expect(passes.map((pass) => forecast.changesAt(pass, LATE)).every((at) => at === Infinity)).toBe(true);
    expect(passes.map(({ atSeconds }) => atSeconds)).toEqual(secondsOf(1, 74).map((pass) => 15 * pass));
  });

  it('follows the schedule of another chain where its own is not known, or less well', () => {
    const known = watched(2000).forecast.own!;
    const { forecast, passes } = watched(1000);
    expect(forecast.own).toBeUndefined();
    forecast.adopt([{ ...known, originSeconds: known.originSeconds + 100 }]);
    expect(forecast.peak).toBeUndefined();
    forecast.adopt([{ ...known, originSeconds: known.originSeconds + 100 }, known]);
    // A tenth over its own three.
    expect(forecast.peak).toBeCloseTo(PEAK + 40, 9);
    expect(forecast.own).toBeUndefined();
    expect(forecast.at(passes.at(-1)!, INTERVAL)).toBe(100);
    const later = watched(2000).forecast;
    const before = later.changesAt(later.now(2000, 1995), LATE);
    later.adopt([{ ...known, toleranceSeconds: known.toleranceSeconds + 1 }]);
    expect(later.changesAt(later.now(2000, 1995), LATE)).toBe(before);
    later.adopt([{ ...known, toleranceSeconds: known.toleranceSeconds - 0.3 }]);
    expect(later.changesAt(later.now(2000, 1995), LATE)).toBeCloseTo(before + 0.3, 6);
    expect(later.own).toEqual(known);
    // Of few onsets a period is known so badly that it is off within an hour: the better known one all the same.
    const { forecast: few } = watched(1700);
    const other = {
      ...{ originSeconds: known.originSeconds - 1, periodSeconds: known.periodSeconds + 0.5 },
      ...{ toleranceSeconds: few.own!.toleranceSeconds - 0.1, shortestSeconds: 280, height: 10 },
    };
    const own = few.changesAt(few.now(1700, 1695), LATE);
    few.adopt([other]);
    expect(few.changesAt(few.now(1700, 1695), LATE)).not.toBeCloseTo(own, 2);
    // On a finer grid it has spikes at some points alone.
    const adopted = later.changesAt(later.now(2000, 1995), LATE);
    later.adopt([{ ...known, periodSeconds: known.periodSeconds / 4, toleranceSeconds: 0.6 }]);
    expect(later.changesAt(later.now(2000, 1995), LATE)).toBe(adopted);
  });

  it('is forgotten when the clock was set back, and known again after four more', () => {
    const { forecast } = watched(3000);
    for (let at = 615; at <= 1830; at += INTERVAL) {
      forecast.read(at - 5, rateAt, false);
      if (at < 1530) expect(forecast.peak).toBeUndefined();
    }
    expect(forecast.peak).toBeCloseTo(PEAK, 9);
  });

  it('says nothing of passes before it was known near a spike whose requests were answered late', () => {
    const { forecast, passes } = watched(1800, { isLate: (at) => at > 300 && at < 345 });
    const near = passes.filter(({ atSeconds }) => atSeconds > 290 && atSeconds < 330);
    expect(near.map((pass) => forecast.at(pass, INTERVAL))).toEqual(near.map(() => Number.NaN));
    const later = passes.filter(({ atSeconds }) => atSeconds > 400 && atSeconds < 560);
    for (const pass of later) expect(forecast.at(pass, INTERVAL)).toBe(100);
  });

  it('is known after four spikes again when the clock was set back while work piled up', () => {
    const { forecast } = watched(3600);
    forecast.read(3610, rateAt, true);
    forecast.read(595, rateAt, true);
    forecast.read(610, rateAt, false);
    for (let at = 630; at <= 1630; at += INTERVAL) forecast.read(at - 5, rateAt, false);
    expect(forecast.now(1630, 1625).beforeSeconds).toBeLessThan(1630);
    for (let at = 1635; at <= 1850; at += INTERVAL) forecast.read(at - 5, rateAt, false);
    expect(forecast.peak).toBeCloseTo(PEAK, 9);
  });
});
