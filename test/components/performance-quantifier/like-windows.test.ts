import { describe, expect, it } from 'vitest';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { knownProfile, normal } from './windows.ts';

const DEMAND = 0.003;

/** A service under a CPU quota: 6 ms up to a high load, and then at once much more. */
function underQuota(utilization: number, cpu: number): number {
  return 0.006 + (0.02 * utilization ** 10) / (cpu ** 1.5 * (1 - utilization));
}

function service(noise = 0.02) {
  const random = seededRandom(7);
  const quantifier = new PerformanceImpactQuantifier();
  const factor = () => Math.exp(noise * normal(random));
  let next = 0;
  return {
    random,
    /** A window at a load; its visits need somewhat more or less than the mean, which its rate does not tell. */
    feed(utilization: number, cpu: number, latencyFactor = 1) {
      const ratePerSecond = (utilization * cpu) / DEMAND;
      const actual = utilization * factor();
      quantifier.updateProfile({
        service: 's',
        startSeconds: 60 * next++,
        lengthSeconds: 60,
        capacity: { cpu, instances: 1, memory: 512, source: 'applied', sinceSeconds: 0 },
        cpuUsedCores: actual * cpu,
        pairs: [
          {
            chain: 'a',
            ratePerSecond,
            requests: 60 * ratePerSecond,
            errorRatio: 0,
            percentileSeconds: latencyFactor * underQuota(Math.min(0.96, actual), cpu),
            meanSeconds: latencyFactor * DEMAND,
          },
        ],
      });
      quantifier.refit(60 * next);
      return knownProfile(quantifier, 's', 'a');
    },
  };
}

describe('a window of a service', () => {
  it('at a load between those that a young curve was fitted to is none of a change, whatever the curve says there', () => {
    const { feed } = service();
    for (let i = 0; i < 5; i++) feed(0.03, 4);
    for (let i = 0; i < 6; i++) feed(0.2, 0.75);
    feed(0.8, 0.25);
    for (let i = 0; i < 10; i++) {
      const { windows, confidence } = feed(0.5, 0.35);
      expect(windows).toBe(13 + i);
      expect(confidence).toBeGreaterThan(0.3);
    }
  });

  it('is one of a change where the same load had other latencies before, however young the curve', () => {
    const { feed } = service();
    for (let i = 0; i < 6; i++) {
      feed(0.2, 0.75);
      feed(0.5, 0.35);
    }
    for (let i = 0; i < 3; i++) expect(feed(0.5, 0.35, 2).confidence).toBeLessThan(0.1);
    for (let i = 0; i < 2; i++) feed(0.2, 0.75, 2);
    expect(feed(0.5, 0.35, 2).windows).toBe(6);
  });

  it('is seldom doubted where the curve is so steep that a few per cent more need scatter its latency', () => {
    const { feed, random } = service(0.04);
    const load = () => 0.3 + 0.55 * random();
    for (let i = 0; i < 60; i++) feed(load(), 0.3 + 0.5 * random());
    let doubted = 0;
    for (let i = 0; i < 100; i++) if (feed(0.8 + 0.05 * random(), 0.5).confidence < 0.1) doubted++;
    expect(doubted).toBeLessThan(5);
  });
});
