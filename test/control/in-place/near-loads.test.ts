import { describe, expect, it } from 'vitest';
import { NearLoads } from '../../../src/control/in-place/near-loads.ts';
import { observe } from '../../../src/control/observe/observation.ts';
import type { ForecastOutcome } from '../../../src/models/forecasts.ts';
import { forecastWith } from '../../forecasts.ts';
import { partsOf } from '../parts.ts';

const CHAIN = 'user-registration';

/** What is planned for half a minute after a burst of 60 requests/s within 5, when its minute is told of as `tell` does. */
function loadAfterBurst(tell: (near: NearLoads, atSeconds: number) => void): number {
  const parts = partsOf();
  const near = new NearLoads();
  let load = 0;
  for (const [index, rate] of [5, 5, 5, 5, 60, 5, 5, 5, 5, 5, 5, 5].entries()) {
    for (let second = 0; second < 15; second += 1) {
      parts.clock.advance(1);
      parts.traffic.recordRequest('auth-service', CHAIN, 0.02, false, undefined, rate);
    }
    const now = parts.clock.nowSeconds();
    load = near.update(parts, observe(parts, now), new Map()).loads.get(CHAIN) ?? 0;
    if (index === 6) tell(near, now);
  }
  return load;
}

/** Two minutes of 20 requests/s of one chain. */
function loadsWith(...forecasts: ForecastOutcome[]) {
  const parts = partsOf();
  for (let second = 0; second < 120; second += 1) {
    parts.clock.advance(1);
    parts.traffic.recordRequest('auth-service', CHAIN, 0.02, false, undefined, 20);
  }
  const observation = observe(parts, parts.clock.nowSeconds());
  const byChain = new Map(forecasts.map((forecast) => [forecast.chain, forecast]));
  return new NearLoads().update(parts, observation, byChain);
}

describe('what chains carry within the next half minute', () => {
  it('is some more than what they carry, and unknown where nothing is', () => {
    const { loads, recent } = loadsWith();
    expect([...loads.keys()]).toEqual([CHAIN]);
    expect(loads.get(CHAIN)).toBeGreaterThan(20);
    expect(loads.get(CHAIN)).toBeLessThan(30);
    expect(recent.get(CHAIN)).toBeCloseTo(20, 0);
  });

  it('is what a forecast takes for more likely than not, where that is more', () => {
    expect(loadsWith(forecastWith({ chain: CHAIN, medians: [45] })).loads.get(CHAIN)).toBe(45);
    const bold = forecastWith({ chain: CHAIN, medians: [5], quantiles95: [90], maximum95: 90 });
    expect(loadsWith(bold).loads).toEqual(loadsWith().loads);
  });

  it('does not go by forecasts of which hardly any has come true yet', () => {
    const unfounded = forecastWith({ chain: CHAIN, medians: [45], maximumOrigins: 3 });
    expect(loadsWith(unfounded).loads).toEqual(loadsWith().loads);
  });

  it('is what its bursts bring, after one of them missed the objective', () => {
    expect(loadAfterBurst(() => {})).toBeLessThan(15);
    expect(loadAfterBurst((near, now) => near.miss(CHAIN, now, 20))).toBeGreaterThan(35);
  });

  it('is not raised by a miss under a load that was planned for, nor by that of another chain', () => {
    const plain = loadAfterBurst(() => {});
    expect(loadAfterBurst((near, now) => near.miss(CHAIN, now, 80))).toBe(plain);
    expect(loadAfterBurst((near, now) => near.miss('order-processing', now, 20))).toBe(plain);
  });

  it('takes silence for no load, and the last minute before it for the recent one', () => {
    const parts = partsOf();
    const near = new NearLoads();
    const forecasts = [...Array(14)].map((_, index) => {
      for (let second = 0; second < 15; second += 1) {
        parts.clock.advance(1);
        if (index < 8) parts.traffic.recordRequest('auth-service', CHAIN, 0.02, false, undefined, 20);
      }
      const now = parts.clock.nowSeconds();
      const { loads, recent } = near.update(parts, observe(parts, now), new Map());
      return [loads.get(CHAIN) ?? 0, recent.get(CHAIN) ?? 0];
    });
    for (const [load, recent] of forecasts.slice(9)) {
      expect(load).toBeGreaterThanOrEqual(20);
      // It began within the span before, of which the last minute has some.
      expect(recent).toBeGreaterThan(16);
    }
  });

  it('is at least what is known of minutes where a few requests in a span are chance', () => {
    const parts = partsOf();
    for (let second = 0; second < 120; second += 1) {
      parts.clock.advance(1);
      if (second % 2 === 0 && second < 95) parts.traffic.recordRequest('auth-service', CHAIN, 0.02, false);
    }
    const observation = observe(parts, parts.clock.nowSeconds());
    const { load } = observation.chains.get(CHAIN)!;
    const { loads } = new NearLoads().update(parts, observation, new Map());
    expect(loads.get(CHAIN)).toBeGreaterThanOrEqual(load!);
  });
});
