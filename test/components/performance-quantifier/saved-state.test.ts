import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QuantifierOptions } from '../../../src/components/performance-quantifier/options.ts';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import type { NamedState } from '../../../src/models/ports.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { chainSpec, serviceSpec, topologyOf } from './topology.ts';
import { normal, type TruePair, windowOf } from './windows.ts';

const PAIRS: readonly TruePair[] = [
  { chain: 'a', demand: 0.005, floor: 0.012, queueing: 0.02 },
  { chain: '__proto__', demand: 0.01, floor: 0.03, queueing: 0.05 },
];

const WINDOWS = 20;

function learned(windows = WINDOWS): PerformanceImpactQuantifier {
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

const EVERYTHING = Number.MAX_SAFE_INTEGER;

function restored(states: readonly NamedState[], options: QuantifierOptions = {}) {
  const quantifier = new PerformanceImpactQuantifier(options);
  return { quantifier, ...quantifier.restore(states) };
}

describe('the saved states', () => {
  it('are trusted with the first new window: whether the last ones were in doubt is not in them', () => {
    const { quantifier: after } = restored(learned().drain(EVERYTHING));
    after.refit(60 * WINDOWS);
    const confidence = () => after.getLoadLatencyProfile('s')[0]!.confidence;
    expect(confidence()).toBeLessThan(0.1);
    after.updateProfile(windowOf(PAIRS, { startSeconds: 60 * WINDOWS, rates: [50, 20], hasCpu: true }));
    expect(confidence()).toBeGreaterThan(0.3);
  });

  it('give the same profiles and compositions', () => {
    const before = learned();
    const { quantifier: after, skipped } = restored(before.drain(EVERYTHING));
    expect(skipped).toBe(0);
    after.refit(60 * WINDOWS);
    for (const [i, profile] of before.getLoadLatencyProfile('s').entries()) {
      const again = after.getLoadLatencyProfile('s')[i]!;
      expect(again).toMatchObject({ chain: profile.chain, source: profile.source, windows: profile.windows });
      expect(again.floorSeconds / profile.floorSeconds).toBeCloseTo(1, 2);
      expect(again.queueingSeconds / profile.queueingSeconds).toBeCloseTo(1, 2);
      expect(again.demandCoreSeconds / profile.demandCoreSeconds).toBeCloseTo(1, 3);
    }
    expect(after.composition('a').factor).toBeCloseTo(before.composition('a').factor, 4);
  });

  it('are handed out when they have changed, the longest waiting first', () => {
    const quantifier = learned(20);
    expect(quantifier.unsavedSinceSeconds).toBe(0);
    expect(quantifier.drain(1).map(({ name }) => name)).toEqual(['service/s']);
    quantifier.updateProfile(windowOf(PAIRS, { startSeconds: 60 * 20, rates: [30, 10] }));
    expect(quantifier.drain(1).map(({ name }) => name)).toEqual(['chain/a']);
    expect(quantifier.unsavedSinceSeconds).toBe(60 * 20);
    expect(quantifier.drain(EVERYTHING).map(({ name }) => name)).toEqual(['service/s']);
    expect(quantifier.drain(EVERYTHING)).toEqual([]);
    expect(quantifier.unsavedSinceSeconds).toBe(Number.POSITIVE_INFINITY);
  });

  it('let learning go on where it was, also when windows come again', () => {
    const { quantifier: after } = restored(learned(20).drain(EVERYTHING));
    for (const i of [17, 18, 19, 20]) {
      after.updateProfile(windowOf(PAIRS, { startSeconds: 60 * i, rates: [30, 10] }));
    }
    const profile = after.getLoadLatencyProfile('s')[0]!;
    expect(profile.windows).toBe(21);
    expect(profile.updatedSeconds).toBe(60 * 21);
  });

  it('hold no more than the windows that may be kept', () => {
    const { quantifier, skipped } = restored(learned(20).drain(EVERYTHING), { maxWindows: 12 });
    expect(skipped).toBe(0);
    expect(quantifier.getLoadLatencyProfile('s')[0]!.windows).toBe(12);
  });

  it('lose latencies that were taken at another percentile than the SLO has now', () => {
    const topology = topologyOf(
      [serviceSpec('s')],
      [chainSpec('a', [[[{ service: 's', visits: 1 }]]], 0.99), chainSpec('__proto__', [])],
    );
    const { quantifier: after } = restored(learned().drain(EVERYTHING), { topology });
    expect(after.profile('s', 'a').kind).toBe('not-enough-data');
    expect(after.profile('s', '__proto__').kind).toBe('profile');
    expect(after.composition('a').windows).toBe(0);
  });

  it('say of a service that was reset that nothing is known', () => {
    const quantifier = learned();
    const states = quantifier.drain(EVERYTHING);
    quantifier.reset('s');
    const byName = new Map([...states, ...quantifier.drain(EVERYTHING)].map((state) => [state.name, state]));
    const { quantifier: after, skipped } = restored([...byName.values()]);
    expect(after.getLoadLatencyProfile('s')).toEqual([]);
    expect(skipped).toBe(0);
    expect(after.composition('a').windows).toBe(20);
  });

  it('of services and chains that are gone are skipped', () => {
    const topology = topologyOf([serviceSpec('other')], []);
    expect(restored(learned().drain(EVERYTHING), { topology })).toMatchObject({ restored: 0, skipped: 2 });
  });

  it('are refused when a byte is missing, too much, or makes a figure that cannot be', () => {
    for (const { name, value } of learned().drain(EVERYTHING)) {
      for (const broken of [
        value.slice(0, -1),
        Uint8Array.from([...value, 0]),
        value.map((byte, i) => (i === 0 ? byte + 1 : byte)),
        value.map((byte, i) => (i === 16 ? byte + 1 : byte)),
        value.map((byte, i) => (i >= value.length - 4 ? 0xff : byte)),
        new TextEncoder().encode(JSON.stringify({ version: 1 })),
      ]) {
        expect(restored([{ name, value: broken }]), name).toMatchObject({ restored: 0, skipped: 1 });
      }
    }
  });

  it('never make it throw, whatever the bytes and their name', () => {
    const [service, chain] = learned().drain(EVERYTHING);
    const name = fc.oneof(fc.constantFrom('service/s', 'chain/a'), fc.string());
    const changed = fc
      .tuple(fc.constantFrom(service!.value, chain!.value), fc.nat(), fc.integer({ min: 0, max: 255 }))
      .map(([value, at, byte]) => value.map((each, i) => (i === at % value.length ? byte : each)));
    fc.assert(
      fc.property(name, fc.oneof(fc.uint8Array({ maxLength: 200 }), changed), (named, value) => {
        const { quantifier } = restored([{ name: named, value }]);
        for (const profile of quantifier.getLoadLatencyProfile('s'))
          expect(profile.windows).toBeGreaterThan(0);
        expect(quantifier.composition('a').factor).toBeGreaterThan(0);
      }),
      { seed: 9 },
    );
  });
});
