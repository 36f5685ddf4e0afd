import { describe, expect, it } from 'vitest';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import type { LatencyProfile, ProfileOutcome } from '../../../src/models/profiles.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { normal, type TruePair, windowOf } from './windows.ts';

const PAIRS: readonly TruePair[] = [
  { chain: 'a', demand: 0.005, floor: 0.012, queueing: 0.02 },
  { chain: 'b', demand: 0.011, floor: 0.03, queueing: 0.05 },
];

function known(outcome: ProfileOutcome): LatencyProfile {
  if (outcome.kind !== 'profile') throw new Error('no profile');
  return outcome;
}

function learn(windows: number, hasCpu: boolean, isNoisy: boolean): PerformanceImpactQuantifier {
  const random = seededRandom(7);
  const quantifier = new PerformanceImpactQuantifier();
  for (let i = 0; i < windows; i++) {
    const rates = [10 + 70 * random(), 5 + 35 * random()];
    const noise = () => (isNoisy ? Math.exp(0.05 * normal(random)) * (random() < 0.1 ? 4 : 1) : 1);
    quantifier.updateProfile(windowOf(PAIRS, { startSeconds: 60 * i, rates, hasCpu, noise }));
  }
  quantifier.refit(60 * windows);
  return quantifier;
}

describe('PerformanceImpactQuantifier', () => {
  it('recovers the true curve from noisy windows with garbage among them', () => {
    const quantifier = learn(60, true, true);
    for (const truth of PAIRS) {
      const profile = known(quantifier.profile('s', truth.chain));
      expect(profile.source).toBe('fitted');
      expect(profile.demandSource).toBe('measured-cpu');
      expect(profile.demandCoreSeconds / truth.demand).toBeGreaterThan(0.95);
      expect(profile.demandCoreSeconds / truth.demand).toBeLessThan(1.05);
      for (const rho of [0.1, 0.3, 0.5, 0.7, 0.85]) {
        const expected = truth.floor + (truth.queueing * rho) / (1 - rho);
        const found = profile.floorSeconds + (profile.queueingSeconds * rho) / (1 - rho);
        expect(Math.abs(found / expected - 1)).toBeLessThan(0.1);
      }
    }
  });
});
