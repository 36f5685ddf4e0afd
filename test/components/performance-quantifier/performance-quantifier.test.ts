import { describe, expect, it } from 'vitest';
import { latencyAt } from '../../../src/components/performance-quantifier/latency-curve.ts';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { knownProfile, normal, type TruePair, type WindowSpec, windowOf } from './windows.ts';

const PAIRS: readonly TruePair[] = [
  { chain: 'a', demand: 0.005, floor: 0.012, queueing: 0.02, ownTimePerDemand: 2 },
  { chain: 'b', demand: 0.011, floor: 0.03, queueing: 0.05, ownTimePerDemand: 2 },
];

interface Learning extends Pick<WindowSpec, 'hasCpu'> {
  readonly windows: number;
  /** Lowest and highest share of the full load. */
  readonly load?: readonly [number, number];
  readonly cpus?: readonly number[];
  readonly noise?: number;
  readonly garbage?: number;
}

/** A service at random load whose latencies follow the curves of `PAIRS`. */
function learn({
  windows,
  load = [0.1, 0.95],
  cpus = [1],
  noise = 0.05,
  garbage = 0,
  hasCpu = false,
}: Learning) {
  const random = seededRandom(7);
  const quantifier = new PerformanceImpactQuantifier();
  for (let i = 0; i < windows; i++) {
    const share = () => load[0] + (load[1] - load[0]) * random();
    const cpu = cpus[i % cpus.length]!;
    const rates = [100 * share() * cpu, 45 * share() * cpu];
    const factor = () => Math.exp(noise * normal(random)) * (random() < garbage ? 4 : 1);
    quantifier.updateProfile(windowOf(PAIRS, { startSeconds: 60 * i, rates, cpu, hasCpu, noise: factor }));
    quantifier.refit(60 * i + 60);
  }
  return quantifier;
}

/** Largest relative error of the latency predicted for rates, over both pairs and a grid of loads. */
function worstError(quantifier: PerformanceImpactQuantifier, cpu: number): number {
  let worst = 0;
  for (const share of [0.1, 0.3, 0.5, 0.7, 0.85]) {
    for (const pair of PAIRS) {
      const profile = knownProfile(quantifier, 's', pair.chain);
      const [a, b] = [knownProfile(quantifier, 's', 'a'), knownProfile(quantifier, 's', 'b')];
      const found = latencyAt(profile, share * (100 * a.demandCoreSeconds + 45 * b.demandCoreSeconds), cpu);
      const rho = share * (100 * PAIRS[0]!.demand + 45 * PAIRS[1]!.demand);
      const truth = pair.floor + (pair.queueing * rho) / (cpu ** 0.5 * (1 - rho));
      worst = Math.max(worst, Math.abs(found / truth - 1));
    }
  }
  return worst;
}

describe('PerformanceImpactQuantifier', () => {
  it('recovers demands within 5 % and latencies within 10 % from noisy windows with a tenth of garbage', () => {
    const quantifier = learn({ windows: 60, hasCpu: true, garbage: 0.1 });
    for (const pair of PAIRS) {
      const profile = knownProfile(quantifier, 's', pair.chain);
      expect(profile).toMatchObject({ source: 'fitted', demandSource: 'measured-cpu' });
      expect(Math.abs(profile.demandCoreSeconds / pair.demand - 1)).toBeLessThan(0.05);
      expect(profile.confidence).toBeGreaterThan(0.7);
    }
    expect(worstError(quantifier, 1)).toBeLessThan(0.1);
  });

  it('finds the demand in the curvature of latency when nothing measures CPU and the load range is wide', () => {
    const quantifier = learn({ windows: 120, cpus: [1, 1, 2] });
    for (const pair of PAIRS) {
      const profile = knownProfile(quantifier, 's', pair.chain);
      expect(profile.demandSource).toBe('curvature');
      expect(profile.demandCoreSeconds / pair.demand).toBeGreaterThan(0.9);
      expect(profile.demandCoreSeconds / pair.demand).toBeLessThan(1.25);
    }
    expect(worstError(quantifier, 1)).toBeLessThan(0.2);
  });

  it('keeps the bounding demand when the load range is narrow, and never promises less than the truth there', () => {
    const quantifier = learn({ windows: 60, load: [0.28, 0.32] });
    for (const pair of PAIRS) {
      const profile = knownProfile(quantifier, 's', pair.chain);
      expect(profile.demandSource).toBe('bound');
      expect(profile.demandCoreSeconds).toBeGreaterThan(2 * pair.demand);
      const impact = quantifier.analyzeImpact('s', pair.chain, pair.chain === 'a' ? 50 : 22);
      const rho = 0.3 * (100 * 0.005 + 45 * 0.011) + 0.2 * (pair.chain === 'a' ? 0.5 : 0.495);
      const truth = pair.floor + (pair.queueing * rho) / (1 - rho);
      expect(impact.kind === 'impact' && impact.expectedLatency).toBeGreaterThan(truth);
    }
  });

  it('predicts the latency of an instance size that it has not seen', () => {
    const quantifier = learn({ windows: 60, cpus: [0.5, 1, 2], hasCpu: true });
    expect(worstError(quantifier, 1.5)).toBeLessThan(0.1);
  });

  it('is less confident of few windows, of a narrow range, of scattered and of old ones', () => {
    const confidence = (learning: Learning, later = 0) => {
      const quantifier = learn(learning);
      quantifier.refit(60 * learning.windows + later);
      return knownProfile(quantifier, 's', 'a').confidence;
    };
    const good = confidence({ windows: 60, hasCpu: true });
    expect(confidence({ windows: 10, hasCpu: true })).toBeLessThan(0.8 * good);
    expect(confidence({ windows: 60, hasCpu: true, load: [0.3, 0.32] })).toBeLessThan(0.8 * good);
    expect(confidence({ windows: 60, hasCpu: true, noise: 0.5 })).toBeLessThan(0.8 * good);
    expect(confidence({ windows: 60, hasCpu: true }, 6 * 3600)).toBeCloseTo(good / 2, 2);
  });

  it('weighs the risk of a load by its utilisation', () => {
    const quantifier = learn({ windows: 60, hasCpu: true });
    const risks = [0, 40, 80, 120, 200].map((load) => {
      const impact = quantifier.analyzeImpact('s', 'a', load);
      if (impact.kind !== 'impact') throw new Error('no impact');
      return impact.riskFactor;
    });
    expect(risks).toEqual([...risks].sort((a, b) => a - b));
    expect(risks[0]).toBeLessThan(0.5);
    expect(risks.at(-1)).toBe(1);
  });

  it('is less confident of a load beyond all that it has seen', () => {
    const quantifier = learn({ windows: 60, hasCpu: true, load: [0.1, 0.4] });
    const [seen, beyond] = [30, 90].map((load) => quantifier.analyzeImpact('s', 'a', load));
    if (seen?.kind !== 'impact' || beyond?.kind !== 'impact') throw new Error('no impact');
    expect(beyond.utilization).toBeLessThan(1);
    expect(beyond.confidence).toBeLessThan(0.7 * seen.confidence);
  });

  it('believes of no service that its latency stays flat up to saturation', () => {
    const flat: readonly TruePair[] = [{ chain: 'a', demand: 0.005, floor: 0.02, queueing: 0 }];
    const quantifier = new PerformanceImpactQuantifier();
    for (let i = 0; i < 60; i++) {
      quantifier.updateProfile(windowOf(flat, { startSeconds: 60 * i, rates: [20 + 2 * i], hasCpu: true }));
    }
    const profile = knownProfile(quantifier, 's', 'a');
    expect(profile.source).toBe('fitted');
    expect(profile.floorSeconds).toBeCloseTo(0.02, 2);
    // Without contradicting what was seen: at the highest load it adds a twentieth.
    const [, highest] = profile.utilizationRange;
    const added = latencyAt(profile, highest, 1) / profile.floorSeconds - 1;
    expect(added).toBeGreaterThanOrEqual(0.0499);
    expect(added).toBeLessThan(0.06);
    expect(latencyAt(profile, 0.99, 1)).toBeGreaterThan(2 * profile.floorSeconds);
  });

  it('does not let latency that falls with load turn the curve around', () => {
    const quantifier = new PerformanceImpactQuantifier();
    for (let i = 0; i < 60; i++) {
      // Caches that warm up: twice the load, half the latency.
      const pair = { chain: 'a', demand: 0.005, floor: 0.4 / (20 + 2 * i), queueing: 0 };
      quantifier.updateProfile(windowOf([pair], { startSeconds: 60 * i, rates: [20 + 2 * i], hasCpu: true }));
    }
    const [low, high] = [30, 150].map((load) => quantifier.analyzeImpact('s', 'a', load));
    if (low?.kind !== 'impact' || high?.kind !== 'impact') throw new Error('no impact');
    expect(high.expectedLatency).toBeGreaterThan(low.expectedLatency);
  });

  it('forgets a service that is reset', () => {
    const quantifier = learn({ windows: 10 });
    quantifier.reset('s');
    expect(quantifier.profile('s', 'a')).toMatchObject({ kind: 'not-enough-data', have: 0 });
  });
});
