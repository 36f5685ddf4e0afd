import { describe, expect, it } from 'vitest';
import { NearLoads } from '../../../src/control/in-place/near-loads.ts';
import { observe } from '../../../src/control/observe/observation.ts';
import type { ForecastOutcome } from '../../../src/models/forecasts.ts';
import { forecastWith } from '../../forecasts.ts';
import { partsOf } from '../parts.ts';

const CHAIN = 'user-registration';

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
});
