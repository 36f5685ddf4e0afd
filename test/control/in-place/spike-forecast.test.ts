import { describe, expect, it } from 'vitest';
import { SpikeForecast, type SpikesThen } from '../../../src/control/in-place/spike-forecast.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { poisson } from './poisson.ts';

const INTERVAL = 15;
const PERIOD = 300;

/** 20 s of 500 requests/s in every five minutes, 100 in between. */
const rateAt = (seconds: number) => (seconds % PERIOD < 20 ? 500 : 100);

/** The usual rate, what the spikes had on top of it, and a tenth of that. */
const PEAK = 540;

/** What is known and forecast at every pass until then. */
function watched(
  untilSeconds: number,
  isLate: (seconds: number) => boolean = () => false,
  rateOf: (seconds: number) => number = rateAt,
) {
  const forecast = new SpikeForecast();
  const passes: SpikesThen[] = [];
  for (let at = INTERVAL; at <= untilSeconds; at += INTERVAL) {
    forecast.read(at - 5, rateOf, isLate(at));
    passes.push(forecast.now(at, at - 5, INTERVAL));
  }
  return { forecast, passes };
}

describe('the forecast of spikes by a clock', () => {
  it('is unknown until four were seen, and then also for the passes before', () => {
    const early = watched(1100);
    expect(early.forecast.peak).toBeUndefined();
    expect(early.forecast.at(early.passes.at(-1)!, INTERVAL)).toBeNaN();
    expect(early.forecast.held(early.passes.at(-1)!)).toBeCloseTo(PEAK, 9);
    const { forecast, passes } = watched(1300);
    expect(forecast.peak).toBeCloseTo(PEAK, 9);
    const before = passes.filter(({ atSeconds }) => atSeconds > 650 && atSeconds < 850);
    expect(before.every(({ forecast: said }) => Number.isNaN(said))).toBe(true);
    expect(before.map((pass) => forecast.at(pass, INTERVAL))).toEqual(before.map(() => 100));
  });

  it('is the spike from the pass before it until it is over, and the usual load else', () => {
    const { passes } = watched(3000);
    for (const { atSeconds, forecast } of passes.filter((pass) => pass.atSeconds > 1300)) {
      // What a pass decides is in force until the next one is.
      const needed = Math.max(...[3, 6, 9, 12, 15, 17].map((ahead) => rateAt(atSeconds + ahead)));
      expect(forecast).toBeGreaterThanOrEqual(needed);
    }
    const usual = passes.filter(({ atSeconds, forecast }) => atSeconds > 1300 && forecast === 100);
    expect(usual.length / passes.filter(({ atSeconds }) => atSeconds > 1300).length).toBeGreaterThan(0.8);
  });

  it('stays what it was, whatever is known later', () => {
    const { forecast, passes } = watched(3000);
    for (const pass of passes.filter(({ forecast: said }) => !Number.isNaN(said)))
      expect(forecast.at(pass, INTERVAL)).toBe(pass.forecast);
  });

  it('stays what it was also where the spikes that came later were larger', () => {
    const growing = (seconds: number) => (seconds % PERIOD < 20 ? 500 + seconds / 20 : 100);
    const { forecast, passes } = watched(3000, undefined, growing);
    const known = passes.filter(({ forecast: said }) => said > 100 && said < 640);
    expect(known.length).toBeGreaterThan(0);
    for (const pass of known) expect(forecast.at(pass, INTERVAL)).toBe(pass.forecast);
  });

  it('comes on top of what is usual by now, and nothing is usual of silence', () => {
    const isSpike = (seconds: number) => seconds % PERIOD < 20;
    const rising = (seconds: number) => (seconds < 2000 ? 100 : 300) + (isSpike(seconds) ? 400 : 0);
    expect(watched(2900, undefined, rising).forecast.peak).toBeCloseTo(300 + 440, 9);
    const { forecast } = watched(1650);
    // Two minutes of it, which were not read, and not what follows on them either.
    const silent = (seconds: number) => (seconds > 1645 && seconds < 1765 ? 0 : rateAt(seconds));
    for (let at = 1665; at <= 1770; at += INTERVAL) forecast.skip(at - 5);
    for (let at = 1785; at <= 1830; at += INTERVAL) {
      forecast.read(at - 5, silent, false);
      const known = forecast.now(at, at - 5, INTERVAL);
      expect(known.usual).toBe(100);
      expect(forecast.held(known)).toBeCloseTo(PEAK, 9);
    }
  });

  it('is usual as long as the next spike comes when the pass after is in force', () => {
    const period = 310;
    const { passes } = watched(4000, undefined, (seconds) => (seconds % period < 20 ? 500 : 100));
    const early = passes.filter(({ atSeconds }) => atSeconds > 1300 && atSeconds % period === period - 20);
    expect(early.length).toBeGreaterThan(2);
    expect(early.map(({ forecast }) => forecast)).toEqual(early.map(() => 100));
  });

  it('is what there is of a spike that is larger than any before, and of one that is going', () => {
    const tail = [500, 500, 500, 500, 240, 240, 240, 240];
    const rateOf = (seconds: number) => {
      if (seconds >= 2100 && seconds < 2120) return 700;
      return tail[Math.floor((seconds % PERIOD) / 5)] ?? 100;
    };
    const { passes } = watched(2200, undefined, rateOf);
    const of = (atSeconds: number) => passes.find((pass) => pass.atSeconds === atSeconds)!.forecast;
    // Of the seconds until 2110, and until 1835.
    expect(of(2115)).toBe(700);
    expect(of(1830)).toBe(240);
  });

  it('follows a usual load that has risen within a quarter of a minute', () => {
    const { passes } = watched(2025, undefined, (seconds) => (seconds >= 2000 ? 150 : rateAt(seconds)));
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
      const { passes } = watched(3600, undefined, (seconds) => counts[seconds / 5]! / 5);
      const late = passes.filter(({ atSeconds }) => atSeconds > 6 * period + offset);
      for (const { atSeconds, forecast } of late) {
        const needed = [3, 6, 9, 12, 15, 17].some((ahead) => inSpike(atSeconds + ahead));
        // At its very end capacity may go.
        if (needed && !inSpike(atSeconds - 18)) expect(forecast).toBeGreaterThan(80);
      }
      expect(late.filter(({ forecast }) => forecast < 40).length / late.length).toBeGreaterThan(0.7);
    }
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
    const { forecast, passes } = watched(1800, (at) => at > 300 && at < 345);
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
    expect(forecast.now(1630, 1625, INTERVAL).beforeSeconds).toBeLessThan(1630);
    for (let at = 1635; at <= 1850; at += INTERVAL) forecast.read(at - 5, rateAt, false);
    expect(forecast.peak).toBeCloseTo(PEAK, 9);
  });
});
