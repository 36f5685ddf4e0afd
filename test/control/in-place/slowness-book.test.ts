import { describe, expect, it } from 'vitest';
import { NearLoads } from '../../../src/control/in-place/near-loads.ts';
import { SlownessBook } from '../../../src/control/in-place/slowness-book.ts';
import type { PlanRequest } from '../../../src/models/ports.ts';
import type { Settings } from '../../../src/models/settings.ts';
import { allocation, NOW, settingsWith } from '../fixtures.ts';
import { inPlaceSettings, planningShares, watched } from './watched.ts';

/** Its SLO is 200 ms at the 95th percentile. */
const CHAIN = 'user-registration';
const PASS = 15;
const [FAST, SLOW] = [0.05, 0.9];

interface Minute {
  /** requests/s */
  readonly rate?: number;
  readonly slow?: number;
  readonly failed?: number;
  /** Share that the model expects to be slow. */
  readonly expected?: number;
}

/** Passes every 15 s over one chain of a service in place, of which some requests are slow. */
class Passes {
  readonly book = new SlownessBook();
  readonly near = new NearLoads();
  readonly parts: ReturnType<typeof watched>;
  /** What shares were asked for: loads and cores. */
  readonly asked: { readonly load: number | undefined; readonly cpu: number | undefined }[] = [];
  #expected = 0;

  constructor(settings: Settings = inPlaceSettings()) {
    this.parts = watched(settings);
  }

  pass({ rate = 20, slow = 0, failed = 0, expected = 0.01 }: Minute = {}): number | undefined {
    this.#expected = expected;
    for (let second = 0; second < PASS; second += 1) {
      this.parts.clock.advance(1);
      const at = this.parts.clock.nowSeconds() - 0.5;
      const record = (latency: number, isError: boolean, share: number) => {
        if (share * rate > 0)
          this.parts.traffic.recordRequest('auth-service', CHAIN, latency, isError, at, share * rate);
      };
      record(FAST, false, 1 - slow - failed);
      record(SLOW, false, slow);
      record(FAST, true, failed);
    }
    return this.update().get(CHAIN)?.factor;
  }

  update() {
    const now = this.parts.clock.nowSeconds();
    this.near.read(this.parts, now);
    const planner = planningShares((_request, allocations, loads) => {
      this.asked.push({ load: loads?.get(CHAIN), cpu: allocations.get('auth-service')?.cpu });
      return new Map([[CHAIN, this.#expected]]);
    });
    const { topology } = this.parts.settings;
    const request: PlanRequest = {
      topology,
      loads: new Map([[CHAIN, 20]]),
      capacities: new Map(),
      workingSets: new Map(),
    };
    return this.book.update({ ...this.parts, planner, nearLoads: this.near }, request, now);
  }

  minutes(count: number, minute: Minute): number | undefined {
    let factor: number | undefined;
    for (let pass = 0; pass < 4 * count; pass += 1) factor = this.pass(minute);
    return factor;
  }
}

describe('how slow requests stand to what was expected', () => {
  it('is as was expected while nothing is known, and of chains in place alone', () => {
    expect(new Passes().update().get(CHAIN)).toEqual({ factor: 1 });
    expect(new Passes(settingsWith()).update().size).toBe(0);
  });

  it('is more where more are slow, by the requests of every minute once', () => {
    const passes = new Passes();
    passes.minutes(2, { slow: 0.05, expected: 0.05 });
    expect(passes.pass({ slow: 0.05, expected: 0.05 })).toBeCloseTo(1, 1);
    const factor = passes.minutes(10, { slow: 0.1, expected: 0.02 });
    // What is new of a minute is a quarter of it; half of what was seen is left after ten minutes.
    let [measured, expected] = [0, 0];
    for (let pass = 0; pass < 40; pass += 1) {
      measured = measured * 0.5 ** (PASS / 600) + PASS * 20 * 0.1;
      expected = expected * 0.5 ** (PASS / 600) + PASS * 20 * 0.02;
    }
    // The two minutes before, and the minute in which the one goes over into the other.
    expect(factor).toBeCloseTo((20 + measured + 60) / (20 + expected + 60), 0);
    expect(factor).toBeGreaterThan(2);
  });

  it('is less where fewer are slow', () => {
    expect(new Passes().minutes(20, { slow: 0, expected: 0.1 })).toBeLessThan(0.2);
  });

  it('is the same whether passes come every 15 s or, for a while, every 5 s', () => {
    const often = new Passes();
    const rarely = new Passes();
    for (const passes of [often, rarely]) passes.minutes(2, { slow: 0.05, expected: 0.05 });
    rarely.minutes(3, { slow: 0.1, expected: 0.02 });
    for (let pass = 0; pass < 12; pass += 1) {
      often.pass({ slow: 0.1, expected: 0.02 });
      for (let again = 0; again < 3; again += 1) often.update();
    }
    const [left, right] = [often, rarely].map((passes) => passes.update().get(CHAIN)!.factor);
    expect(left).toBeCloseTo(right!, 9);
  });

  it('is not changed by what says nothing of it', () => {
    const silent = { rate: 0, expected: 0.2 };
    const few = { rate: 0.5, slow: 0.5, expected: 0 };
    const failing = { slow: 0.2, failed: 0.2 };
    const pilingUp = { slow: 0.8, expected: 0.4 };
    for (const minute of [silent, few, failing, pilingUp]) expect(new Passes().minutes(5, minute)).toBe(1);
  });

  it('is not known of a minute of which not every span is', () => {
    const passes = new Passes();
    // The first span is that in which the chain was heard of first, and the last 5 s are not read yet.
    for (let pass = 0; pass < 4; pass += 1) expect(passes.pass({ slow: 0.3 })).toBe(1);
    expect(passes.pass({ slow: 0.3 })).toBeGreaterThan(1);
  });

  it('waits for a whole minute after a pause longer than what is read again', () => {
    const passes = new Passes();
    passes.minutes(3, { slow: 0.1, expected: 0.1 });
    passes.parts.clock.advance(600);
    const { factor } = passes.update().get(CHAIN)!;
    expect(factor).toBeCloseTo(1, 1);
    expect(passes.pass({ slow: 0.1, expected: 0.1 })).toBeCloseTo(1, 1);
  });

  it('goes on when the clock was set back', () => {
    for (const seconds of [20, 7200]) {
      const passes = new Passes();
      passes.minutes(5, { slow: 0.02, expected: 0.02 });
      passes.parts.clock.jump(-seconds);
      const { factor } = passes.update().get(CHAIN)!;
      expect(factor).toBeCloseTo(1, 1);
      expect(passes.minutes(20, { slow: 0.1, expected: 0.02 })).toBeGreaterThan(2.5);
    }
  });

  it('is asked for the load and the capacity of every span once', () => {
    const passes = new Passes();
    const { capacities } = passes.parts;
    passes.minutes(2, {});
    const sinceSeconds = passes.parts.clock.nowSeconds();
    capacities.note('auth-service', { ...allocation(1.5), source: 'applied', sinceSeconds });
    passes.minutes(1, { rate: 30 });
    // All but the 5 s that are not read yet.
    const spans = (sinceSeconds - NOW + 60 - 5) / 5;
    // Those before the first record are asked for too, without a load.
    const known = passes.asked.filter(({ load }) => load !== undefined);
    expect(known.length).toBe(spans - 1);
    const { cpu } = passes.parts.settings.topology.services.get('auth-service')!.initial;
    for (const [index, { load, cpu: cores }] of known.entries()) {
      const isAfter = index >= 24 - 1;
      expect([load, cores]).toEqual([expect.closeTo(isAfter ? 30 : 20, 6), isAfter ? 1.5 : cpu]);
    }
  });

  it('tells how long requests take when nobody waits, after three minutes', () => {
    const passes = new Passes();
    passes.minutes(2, {});
    expect(passes.update().get(CHAIN)).not.toHaveProperty('baseSeconds');
    passes.minutes(3, {});
    expect(passes.update().get(CHAIN)!.baseSeconds! / FAST).toBeCloseTo(1, 1);
  });

  it('is forgotten of chains that are not configured any more', () => {
    const passes = new Passes();
    expect(passes.minutes(10, { slow: 0.1, expected: 0.02 })).toBeGreaterThan(2);
    const { topology } = passes.parts.settings;
    const without = new Map([...topology.chains].filter(([id]) => id !== CHAIN));
    const { settings } = passes.parts;
    Object.assign(passes.parts, { settings: { ...settings, topology: { ...topology, chains: without } } });
    expect(passes.update().has(CHAIN)).toBe(false);
    Object.assign(passes.parts, { settings });
    expect(passes.update().get(CHAIN)).toMatchObject({ factor: 1 });
  });

  it('says whether the last minute was over the objective, and nothing of one with hardly any requests', () => {
    const passes = new Passes();
    const isMissed = () => passes.update().get(CHAIN)!.isMissed;
    expect(isMissed()).toBeUndefined();
    passes.minutes(2, { rate: 100, slow: 0.05 });
    expect(isMissed()).toBe(false);
    passes.minutes(1, { rate: 100, slow: 0.1 });
    expect(isMissed()).toBe(true);
    passes.minutes(2, { rate: 100, slow: 0.05 });
    expect(isMissed()).toBe(false);
    passes.minutes(2, { rate: 0, slow: 1 });
    expect(isMissed()).toBeUndefined();
    passes.minutes(2, { rate: 100, failed: 0.9 });
    expect(isMissed()).toBeUndefined();
  });
});
