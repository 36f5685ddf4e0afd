import { describe, expect, it } from 'vitest';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { knownProfile, normal, type TruePair, windowOf } from './windows.ts';

const BEFORE: TruePair = { chain: 'a', demand: 0.004, floor: 0.012, queueing: 0.02, ownTimePerDemand: 2 };

/** Windows of a service at random load under a tenth of its noise-free truth, from window `from` on. */
function feeder(hasCpu: boolean) {
  const random = seededRandom(11);
  const quantifier = new PerformanceImpactQuantifier();
  let next = 0;
  const feed = (truth: TruePair, windows: number, outlier = 1) => {
    for (let i = 0; i < windows; i++) {
      const noise = () => outlier * Math.exp(0.05 * normal(random));
      const rates = [20 + 80 * random()];
      quantifier.updateProfile(windowOf([truth], { startSeconds: 60 * next++, rates, hasCpu, noise }));
      quantifier.refit(60 * next);
    }
  };
  return { quantifier, feed, profile: () => knownProfile(quantifier, 's', 'a') };
}

describe('a change of the service', () => {
  it('is found by its CPU after five windows: the old ones count little, and nothing is trusted in between', () => {
    const { feed, profile } = feeder(true);
    feed(BEFORE, 60);
    const before = profile();
    expect(before.windows).toBe(60);
    const after = { ...BEFORE, demand: 0.008 };
    feed(after, 3);
    expect(profile().confidence).toBeLessThan(0.1);
    feed(after, 2);
    expect(profile().windows).toBe(5);
    expect(profile().confidence).toBeLessThan(0.35 * before.confidence);
    expect(Math.abs(profile().demandCoreSeconds / 0.008 - 1)).toBeLessThan(0.2);
  });

  it('is found although nobody asked for a profile before', () => {
    const random = seededRandom(12);
    const quantifier = new PerformanceImpactQuantifier();
    for (let i = 0; i < 70; i++) {
      const truth = i < 60 ? BEFORE : { ...BEFORE, demand: 0.008 };
      const noise = () => Math.exp(0.05 * normal(random));
      const rates = [20 + 80 * random()];
      quantifier.updateProfile(windowOf([truth], { startSeconds: 60 * i, rates, hasCpu: true, noise }));
    }
    const { windows, demandCoreSeconds } = knownProfile(quantifier, 's', 'a');
    expect(windows).toBe(10);
    expect(Math.abs(demandCoreSeconds / 0.008 - 1)).toBeLessThan(0.1);
  });

  it('is found by its latency alone', () => {
    const { quantifier, feed, profile } = feeder(false);
    feed(BEFORE, 60);
    feed({ ...BEFORE, floor: 0.06, queueing: 0.1 }, 5);
    expect(profile().windows).toBe(5);
    for (const rate of [30, 60, 90]) {
      const impact = quantifier.analyzeImpact('s', 'a', rate);
      const rho = rate * BEFORE.demand;
      const truth = 0.06 + (0.1 * rho) / (1 - rho);
      expect(impact.kind === 'impact' && Math.abs(impact.expectedLatency / truth - 1)).toBeLessThan(0.2);
    }
    feed({ ...BEFORE, floor: 0.06, queueing: 0.1 }, 10);
    expect(profile().source).toBe('fitted');
    expect(Math.abs(profile().floorSeconds / 0.06 - 1)).toBeLessThan(0.15);
  });

  it('is found when the service becomes faster, and leaves no negative curve', () => {
    const { feed, profile } = feeder(true);
    feed({ ...BEFORE, floor: 0.06, queueing: 0.1 }, 60);
    feed(BEFORE, 15);
    expect(profile().windows).toBe(15);
    expect(profile().queueingSeconds).toBeGreaterThan(0);
    expect(profile().floorSeconds).toBeLessThan(0.03);
  });

  it.each([2, 3])(
    'is waited for after %i odd windows, but not for ever where the load is new from then on',
    (odd) => {
      const random = seededRandom(3);
      const quantifier = new PerformanceImpactQuantifier();
      let next = 0;
      const feed = (truth: TruePair, windows: number, [low, high]: readonly [number, number]) => {
        for (let i = 0; i < windows; i++) {
          const noise = () => Math.exp(0.05 * normal(random));
          const rates = [low + (high - low) * random()];
          quantifier.updateProfile(windowOf([truth], { startSeconds: 60 * next++, rates, noise }));
          quantifier.refit(60 * next);
        }
      };
      feed(BEFORE, 40, [20, 100]);
      feed({ ...BEFORE, floor: 0.06, queueing: 0.1 }, odd, [60, 90]);
      feed(BEFORE, 10, [150, 200]);
      expect(knownProfile(quantifier, 's', 'a').confidence).toBeLessThan(0.05);
      feed(BEFORE, 10, [150, 200]);
      expect(knownProfile(quantifier, 's', 'a').confidence).toBeGreaterThan(0.4);
    },
  );

  it('is not seen in one odd window that is told five times', () => {
    const { quantifier, feed, profile } = feeder(true);
    feed(BEFORE, 60);
    const odd = windowOf([{ ...BEFORE, floor: 1 }], { startSeconds: 60 * 60, rates: [50], hasCpu: true });
    for (let i = 0; i < 5; i++) quantifier.updateProfile(odd);
    expect(profile().windows).toBe(61);
  });

  it('is not seen in a load that is new: that is a lesson, and the old windows stay', () => {
    const random = seededRandom(2);
    const quantifier = new PerformanceImpactQuantifier();
    // Seen at low load only, where the steep part does not show: the curve is steeper than what the prior has.
    const truth: TruePair = { chain: 'a', demand: 0.005, floor: 0.01, queueing: 0.2 };
    for (let i = 0; i < 50; i++) {
      const rates = [i < 40 ? 10 + 2 * random() : 110 + 2 * random()];
      quantifier.updateProfile(windowOf([truth], { startSeconds: 60 * i, rates, hasCpu: true }));
      quantifier.refit(60 * i + 60);
    }
    const profile = knownProfile(quantifier, 's', 'a');
    expect(profile.windows).toBe(50);
    expect(profile.queueingSeconds).toBeGreaterThan(0.1);
  });

  it('is not seen in four odd windows', () => {
    const { feed, profile } = feeder(true);
    feed(BEFORE, 60);
    const before = profile();
    feed(BEFORE, 4, 5);
    feed(BEFORE, 1);
    expect(profile().windows).toBe(65);
    expect(Math.abs(profile().floorSeconds / before.floorSeconds - 1)).toBeLessThan(0.1);
    expect(profile().confidence).toBeGreaterThan(0.9 * before.confidence);
  });
});
