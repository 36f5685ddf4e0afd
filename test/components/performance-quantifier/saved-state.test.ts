import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { chainSpec, serviceSpec, topologyOf } from './topology.ts';
import { normal, type TruePair, windowOf } from './windows.ts';

const PAIRS: readonly TruePair[] = [
  { chain: 'a', demand: 0.005, floor: 0.012, queueing: 0.02 },
  { chain: '__proto__', demand: 0.01, floor: 0.03, queueing: 0.05 },
];

function learned(windows = 20): PerformanceImpactQuantifier {
  const random = seededRandom(13);
  const quantifier = new PerformanceImpactQuantifier();
  const noise = () => Math.exp(0.05 * normal(random));
  for (let i = 0; i < windows; i++) {
    const rates = [20 + 60 * random(), 40 * random()];
    quantifier.updateProfile(windowOf(PAIRS, { startSeconds: 60 * i, rates, hasCpu: i % 2 === 0, noise }));
    quantifier.updateComposition({
      chain: 'a',
      startSeconds: 60 * i,
      lengthSeconds: 60,
      requests: 100,
      errorRatio: 0,
      percentileSeconds: 0.02 * (1 + random()),
      serviceSeconds: new Map([['s', 0.02]]),
    });
  }
  quantifier.refit(60 * windows);
  return quantifier;
}

const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('the saved state', () => {
  it('survives JSON and gives the same profiles and compositions', () => {
    const before = learned();
    const after = new PerformanceImpactQuantifier();
    expect(after.load(throughJson(before.save()))).toBe(true);
    expect(JSON.stringify(before.save())).not.toContain('NaN');
    for (const [i, profile] of before.getLoadLatencyProfile('s').entries()) {
      const again = after.getLoadLatencyProfile('s')[i]!;
      expect(again).toMatchObject({ chain: profile.chain, source: profile.source, windows: profile.windows });
      expect(again.floorSeconds / profile.floorSeconds).toBeCloseTo(1, 3);
      expect(again.queueingSeconds / profile.queueingSeconds).toBeCloseTo(1, 3);
      expect(again.demandCoreSeconds / profile.demandCoreSeconds).toBeCloseTo(1, 3);
    }
    expect(after.composition('a').factor).toBeCloseTo(before.composition('a').factor, 4);
  });

  it('lets learning go on where it was', () => {
    const after = new PerformanceImpactQuantifier();
    after.load(throughJson(learned(20).save()));
    after.updateProfile(windowOf(PAIRS, { startSeconds: 60 * 19, rates: [30, 10] }));
    after.updateProfile(windowOf(PAIRS, { startSeconds: 60 * 20, rates: [30, 10] }));
    const profile = after.getLoadLatencyProfile('s')[0]!;
    expect(profile.windows).toBe(21);
    expect(profile.updatedSeconds).toBe(60 * 21);
  });

  it('keeps no more than the windows it may keep', () => {
    const small = new PerformanceImpactQuantifier({ maxWindows: 12 });
    expect(small.load(learned(20).save())).toBe(true);
    expect(small.getLoadLatencyProfile('s')[0]!.windows).toBe(12);
  });

  it('drops latencies that were taken at another percentile than the SLO has now', () => {
    const topology = topologyOf(
      [serviceSpec('s')],
      [chainSpec('a', [[[{ service: 's', visits: 1 }]]], 0.99)],
    );
    const after = new PerformanceImpactQuantifier({ topology });
    expect(after.load(learned().save())).toBe(true);
    expect(after.profile('s', 'a').kind).toBe('not-enough-data');
    expect(after.profile('s', '__proto__').kind).toBe('profile');
    expect(after.composition('a').windows).toBe(0);
  });

  it('refuses anything else and changes nothing', () => {
    const quantifier = learned();
    const before = JSON.stringify(quantifier.save());
    const broken = (change: (state: string) => string): unknown => JSON.parse(change(before));
    const refused: unknown[] = [
      undefined,
      null,
      42,
      'text',
      [],
      {},
      { version: 2 },
      broken((state) => state.replace('"version":1', '"version":0')),
      broken((state) => state.replace('"cpus":[1,', '"cpus":[0,')),
      broken((state) => state.replace('"cpus":[1,', '"cpus":[null,')),
      broken((state) => state.replace('"cpus":[1,', '"cpus":["1",')),
      broken((state) => state.replace('"cpus":[1,', '"cpus":[')),
      broken((state) => state.replace('"starts":[0,60', '"starts":[60,0')),
      broken((state) => state.replace('"rates":[', '"rates":[-1,')),
      broken((state) => state.replace('"service":"s"', '"service":7')),
      broken((state) => state.replace('"samples":[[0,', '"samples":[["x",')),
    ];
    for (const state of refused)
      expect(quantifier.load(state), JSON.stringify(state)?.slice(0, 80)).toBe(false);
    expect(JSON.stringify(quantifier.save())).toBe(before);
  });

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (services, chains) => {
        const quantifier = new PerformanceImpactQuantifier();
        expect(typeof quantifier.load({ version: 1, percentiles: {}, services, chains })).toBe('boolean');
      }),
      { seed: 9 },
    );
  });
});
