import { describe, expect, it } from 'vitest';
import { UsageBook } from '../../../src/control/books/usage-book.ts';
import { demandFactors } from '../../../src/control/in-place/demand-check.ts';
import { NearLoads } from '../../../src/control/in-place/near-loads.ts';
import type { ProfileLearner } from '../../../src/models/ports.ts';
import type { LatencyProfile } from '../../../src/models/profiles.ts';
import type { Settings } from '../../../src/models/settings.ts';
import { confidentProfiles, profileOf, settingsWith } from '../fixtures.ts';
import { inPlaceSettings, watched } from './watched.ts';

const CHAIN = 'user-registration';
const RATE = 30;
/** Of one visit, core-seconds. */
const DEMAND = 0.02;
const BASELINE = 0.1;
const EXPECTED = RATE * DEMAND + BASELINE;

interface Trial {
  readonly settings?: Settings;
  readonly profile?: Partial<LatencyProfile>;
  /** Cores in place of the expected ones; undefined where none are told. */
  readonly used?: number | undefined;
  /** Seconds in which nothing is told of requests. */
  readonly hole?: readonly [number, number];
}

/** Three minutes of a chain at one service, and what they make of its CPU use at their end. */
function factorsOf({ settings = inPlaceSettings(), profile = {}, hole = [0, 0], ...rest }: Trial) {
  const parts = watched(settings);
  const profiles: ProfileLearner = confidentProfiles(1);
  const fitted = { demandCoreSeconds: DEMAND, baselineCores: BASELINE, ...profile };
  profiles.profile = (service, chain) => profileOf(service, chain, fitted);
  const nearLoads = new NearLoads();
  const usage = new UsageBook();
  const used = 'used' in rest ? rest.used : EXPECTED;
  for (let second = 0; second < 180; second += 1) {
    parts.clock.advance(1);
    const at = parts.clock.nowSeconds();
    if (second < hole[0] || second >= hole[1])
      parts.traffic.recordRequest('auth-service', CHAIN, 0.02, false, at - 0.5, RATE);
    if (second % 15 === 14) {
      nearLoads.read(parts, at);
      if (used !== undefined) usage.note({ service: 'auth-service', atSeconds: at, cpu: used });
    }
  }
  return demandFactors({ settings, profiles, usage, nearLoads }, parts.clock.nowSeconds());
}

const factorOf = (trial: Trial) => factorsOf(trial).get('auth-service');

describe('services that use more CPU for their load than their profiles say', () => {
  it('are found, with by how much more', () => {
    const factors = factorsOf({ used: 1.6 * EXPECTED });
    expect([...factors.keys()]).toEqual(['auth-service']);
    expect(factors.get('auth-service')).toBeCloseTo(1.6, 6);
    expect(factorOf({ used: 1.25 * EXPECTED })).toBeCloseTo(1.25, 6);
  });

  it('are not those that use as much to within a fifth, or less', () => {
    for (const ratio of [0, 0.3, 1, 1.15]) expect(factorsOf({ used: ratio * EXPECTED }).size).toBe(0);
  });

  it('are taken for at most four times as much', () => {
    expect(factorOf({ used: 50 * EXPECTED })).toBe(4);
  });

  it('are not those of which the load looks small for a hole in the records', () => {
    expect(factorsOf({ used: 1.6 * EXPECTED, hole: [140, 156] }).size).toBe(0);
    // One that is longer ago does not count.
    expect(factorOf({ used: 1.6 * EXPECTED, hole: [60, 90] })).toBeCloseTo(1.6, 6);
  });

  it('are not known without a fitted profile, without what they use, or without a load', () => {
    const used = 1.6 * EXPECTED;
    expect(factorsOf({ used, profile: { source: 'prior' } }).size).toBe(0);
    expect(factorsOf({ used: undefined }).size).toBe(0);
    expect(factorsOf({ used, hole: [0, 180] }).size).toBe(0);
    expect(factorsOf({ used: Number.NaN }).size).toBe(0);
  });

  it('are those in place alone', () => {
    expect(factorsOf({ used: 1.6 * EXPECTED, settings: settingsWith() }).size).toBe(0);
  });

  it('have a baseline without any request, and many visits for one', () => {
    const settings = inPlaceSettings();
    const { chains } = settings.topology;
    const twice = { ...chains.get(CHAIN)!, stages: [[[{ service: 'auth-service', visits: 2 }]]] };
    const topology = { ...settings.topology, chains: new Map([...chains, [CHAIN, twice]]) };
    // The rate of the chain is half of what is recorded at the service.
    expect(factorOf({ settings: { ...settings, topology }, used: 1.6 * EXPECTED })).toBeCloseTo(1.6, 6);
  });
});
