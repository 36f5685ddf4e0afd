import { describe, expect, it } from 'vitest';
import { Course } from '../../../bench/learning/course.ts';
import { type Load, syntheticServices } from '../../../bench/learning/synthetic-services.ts';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { knownProfile, normal, type TruePair, windowOf } from './windows.ts';

const WIDE: Load = { utilization: [0.1, 0.85] };
const PAIR: TruePair = { chain: 'a', demand: 0.005, floor: 0.012, queueing: 0.02, ownTimePerDemand: 2 };

/** Profile of a service at random load under noise. */
function learned(windows: number, noise: number, hasCpu = true, seed = 9) {
  const random = seededRandom(seed);
  const quantifier = new PerformanceImpactQuantifier();
  for (let i = 0; i < windows; i++) {
    const rates = [20 + 140 * random()];
    const factor = () => Math.exp(noise * normal(random));
    quantifier.updateProfile(windowOf([PAIR], { startSeconds: 60 * i, rates, hasCpu, noise: factor }));
  }
  return knownProfile(quantifier, 's', 'a');
}

function meanOverSeeds(of: (seed: number) => number): number {
  const values = [1, 2, 3, 4, 5, 6].map(of);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('the 95 % confidence interval of a demand', () => {
  it('holds the truth about as often as it says, under noise and garbage', () => {
    let inside = 0;
    let all = 0;
    for (const seed of [1, 2, 3]) {
      const services = syntheticServices(seededRandom(seed), { services: 20 });
      const course = new Course(seed);
      course.feed(services, WIDE, 60);
      for (const { id, pairs } of services) {
        for (const { chain, demand } of pairs) {
          const [low, high] = knownProfile(course.quantifier, id, chain).demandInterval;
          all++;
          if (demand >= low && demand <= high) inside++;
        }
      }
    }
    expect(inside / all).toBeGreaterThan(0.88);
    expect(inside / all).toBeLessThan(0.995);
  });

  it('narrows with windows', () => {
    const width = (windows: number) =>
      meanOverSeeds((seed) => {
        const [low, high] = learned(windows, 0.1, true, seed).demandInterval;
        return high - low;
      });
    expect(width(80)).toBeLessThan(0.6 * width(10));
  });

  it('reaches down to nothing where only the own times bound it', () => {
    const profile = learned(6, 0.05, false);
    expect(profile.demandSource).toBe('bound');
    expect(profile.demandInterval).toEqual([0, profile.demandCoreSeconds]);
  });
});

describe('the upper confidence limit of a prediction', () => {
  it('comes nearer with windows, and is farther away with noise', () => {
    const factor = (windows: number, noise: number) =>
      meanOverSeeds((seed) => learned(windows, noise, true, seed).upperFactor);
    const factors = [factor(10, 0.3), factor(80, 0.3), factor(80, 0.05)];
    expect(factors).toEqual([...factors].sort((a, b) => b - a));
    expect(factors[0]).toBeLessThanOrEqual(2);
    expect(factors[0]).toBeGreaterThan(1.1);
    expect(factors[2]).toBeLessThan(1.1);
    expect(factors[2]).toBeGreaterThan(1);
  });

  it('is that on instances of the size they have: the same for one of a quarter that waits as long', () => {
    const random = () => seededRandom(4);
    const ofSize = (cpu: number) => {
      const quantifier = new PerformanceImpactQuantifier();
      const [load, noise] = [random(), random()];
      const pair = { ...PAIR, queueing: PAIR.queueing * cpu ** 0.5 };
      for (let i = 0; i < 12; i++) {
        const rates = [cpu * (20 + 140 * load())];
        const factor = () => Math.exp(0.1 * normal(noise));
        const spec = { startSeconds: 60 * i, cpu, rates, requests: 5000, hasCpu: true, noise: factor };
        quantifier.updateProfile(windowOf([pair], spec));
      }
      return knownProfile(quantifier, 's', 'a').upperFactor;
    };
    expect(ofSize(0.25)).toBeGreaterThan(1.01);
    expect(ofSize(0.25)).toBeCloseTo(ofSize(1), 3);
    expect(ofSize(4)).toBeCloseTo(ofSize(1), 3);
  });

  it('is the prediction itself for a prior, which is too generous as it is', () => {
    expect(learned(3, 0.1)).toMatchObject({ source: 'prior', upperFactor: 1 });
  });
});
