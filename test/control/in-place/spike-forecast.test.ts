import { describe, expect, it } from 'vitest';
import { SpikeForecast, type SpikesThen } from '../../../src/control/in-place/spike-forecast.ts';

const INTERVAL = 15;
const PERIOD = 300;

/** 20 s of 500 requests/s in every five minutes, 100 in between. */
const rateAt = (seconds: number) => (seconds % PERIOD < 20 ? 500 : 100);

/** What is known and forecast at every pass until then. */
function watched(untilSeconds: number, isLate: (seconds: number) => boolean = () => false) {
  const forecast = new SpikeForecast();
  const passes: SpikesThen[] = [];
  for (let at = INTERVAL; at <= untilSeconds; at += INTERVAL) {
    forecast.read(at - 5, rateAt, isLate(at));
    passes.push(forecast.now(at, at - 5, INTERVAL));
  }
  return { forecast, passes };
}

describe('the forecast of spikes by a clock', () => {
  it('is unknown until four were seen, and then also for the passes before', () => {
    const early = watched(1100);
    expect(early.forecast.peak).toBeUndefined();
    expect(early.forecast.at(early.passes.at(-1)!, INTERVAL)).toBeNaN();
    expect(early.forecast.held(early.passes.at(-1)!)).toBe(500);
    const { forecast, passes } = watched(1300);
    expect(forecast.peak).toBe(500);
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

  it('says nothing of passes before it was known near a spike whose requests were answered late', () => {
    const { forecast, passes } = watched(1800, (at) => at > 300 && at < 345);
    const near = passes.filter(({ atSeconds }) => atSeconds > 290 && atSeconds < 330);
    expect(near.map((pass) => forecast.at(pass, INTERVAL))).toEqual(near.map(() => Number.NaN));
    const later = passes.filter(({ atSeconds }) => atSeconds > 400 && atSeconds < 560);
    for (const pass of later) expect(forecast.at(pass, INTERVAL)).toBe(100);
  });
});
