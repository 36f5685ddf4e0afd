import { describe, expect, it } from 'vitest';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import type { ServiceWindow } from '../../../src/models/metrics.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { knownProfile, normal } from './windows.ts';

interface Minute {
  readonly i: number;
  /** Demand per instance, cores. */
  readonly cores: number;
  readonly cpu?: number;
  readonly instances?: number;
  /** What an instance can use at most, cores. */
  readonly usable?: number;
  readonly throttledRatio?: number;
  readonly noise: () => number;
}

const DEMAND = 0.01;

/** A minute of a service whose instances use what they can of the demand; own times grow as cores that can be used get busy. */
function minuteOf({
  i,
  cores,
  cpu = 4,
  instances = 2,
  usable = cpu,
  throttledRatio,
  noise,
}: Minute): ServiceWindow {
  const busy = Math.min(0.98, cores / usable);
  const own = 0.01 / (1 - busy);
  const ratePerSecond = (cores * instances) / DEMAND;
  return {
    service: 's',
    startSeconds: 60 * i,
    lengthSeconds: 60,
    capacity: { cpu, memory: 512, instances, source: 'applied', sinceSeconds: 0 },
    cpuUsedCores: Math.min(cores, usable) * instances * noise(),
    ...(throttledRatio !== undefined && { throttledRatio }),
    pairs: [
      {
        chain: 'a',
        ratePerSecond,
        requests: Math.round(60 * ratePerSecond),
        errorRatio: 0,
        percentileSeconds: 3 * own * noise(),
        meanSeconds: own * noise(),
      },
    ],
  };
}

function noisy(seed: number): () => number {
  const random = seededRandom(seed);
  return () => Math.exp(0.03 * normal(random));
}

/** Load per instance that swings between a tenth and `highest`, cores. */
function swinging(i: number, highest: number): number {
  return highest * (0.1 + 0.9 * Math.abs(Math.sin(i / 4)));
}

describe('the parallelism of a service', () => {
  it('is learned where single-threaded instances stop at one of their four cores while own times climb', () => {
    const noise = noisy(1);
    const quantifier = new PerformanceImpactQuantifier();
    for (let i = 0; i < 60; i++) {
      quantifier.updateProfile(minuteOf({ i, cores: swinging(i, 1.05), usable: 1, noise }));
      quantifier.refit(60 * i + 60);
    }
    expect(knownProfile(quantifier, 's', 'a').parallelism).toBe(1);
    expect(quantifier.sharedImpact('s')!.utilization).toBeGreaterThan(0.2);
    // Relearned after a restart.
    const again = new PerformanceImpactQuantifier();
    again.restore(quantifier.drain(10));
    expect(knownProfile(again, 's', 'a').parallelism).toBe(1);
  });

  it('is forgotten when the use goes beyond', () => {
    const noise = noisy(2);
    const quantifier = new PerformanceImpactQuantifier();
    for (let i = 0; i < 60; i++)
      quantifier.updateProfile(minuteOf({ i, cores: swinging(i, 1.05), usable: 1, noise }));
    expect(knownProfile(quantifier, 's', 'a').parallelism).toBe(1);
    for (let i = 60; i < 80; i++) quantifier.updateProfile(minuteOf({ i, cores: swinging(i, 3), noise }));
    expect(knownProfile(quantifier, 's', 'a').parallelism).toBeUndefined();
  });

  it('is not learned of a service that merely never needed more than a core, however long its load stays there', () => {
    const noise = noisy(3);
    const quantifier = new PerformanceImpactQuantifier();
    for (let i = 0; i < 60; i++)
      quantifier.updateProfile(minuteOf({ i, cores: i % 2 === 0 ? 0.98 : swinging(i, 1), noise }));
    expect(knownProfile(quantifier, 's', 'a').parallelism).toBeUndefined();
  });

  it('is not learned of a service that is held at its quota', () => {
    const noise = noisy(4);
    const quantifier = new PerformanceImpactQuantifier();
    for (let i = 0; i < 60; i++)
      quantifier.updateProfile(minuteOf({ i, cores: swinging(i, 1.1), cpu: 1, noise }));
    expect(knownProfile(quantifier, 's', 'a').parallelism).toBeUndefined();
  });
});

describe('the onset of throttling', () => {
  it('is the utilisation from which on half of the CPU periods are throttled', () => {
    const noise = noisy(5);
    const quantifier = new PerformanceImpactQuantifier();
    for (let i = 0; i < 60; i++) {
      const cores = swinging(i, 0.7);
      const throttledRatio = Math.min(1, Math.max(0, (cores - 0.4) / 0.2));
      quantifier.updateProfile(minuteOf({ i, cores, cpu: 1, throttledRatio, noise }));
    }
    const onset = knownProfile(quantifier, 's', 'a').throttledUtilization!;
    expect(onset).toBeGreaterThan(0.45);
    expect(onset).toBeLessThan(0.55);
  });

  it('is not known where nothing is throttled, nor where throttling has nothing to do with the load', () => {
    const noise = noisy(6);
    const random = seededRandom(7);
    for (const ratioOf of [() => 0.05, () => (random() < 0.5 ? 0.9 : 0)]) {
      const quantifier = new PerformanceImpactQuantifier();
      for (let i = 0; i < 60; i++)
        quantifier.updateProfile(
          minuteOf({ i, cores: swinging(i, 0.7), cpu: 1, throttledRatio: ratioOf(), noise }),
        );
      expect(knownProfile(quantifier, 's', 'a').throttledUtilization).toBeUndefined();
    }
  });
});
