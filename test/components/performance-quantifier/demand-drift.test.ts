import { describe, expect, it } from 'vitest';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { normal, windowOf } from './windows.ts';

const PAIRS = [{ chain: 'c', demand: 0.01, floor: 0.02, queueing: 0.01 }];
const MINUTES = 60;

/** Three services whose CPU per request is `driftAt` as much as usual in each minute, all alike. */
function learned(driftAt: (minute: number) => number, hasCpu = true): PerformanceImpactQuantifier {
  const random = seededRandom(3);
  const quantifier = new PerformanceImpactQuantifier();
  for (let minute = 0; minute < MINUTES; minute++) {
    for (const service of ['a', 'b', 'c']) {
      const noise = () => Math.exp(0.02 * normal(random));
      const spec = { service, startSeconds: 60 * minute, rates: [20 + 50 * random()], hasCpu, noise };
      const window = windowOf(PAIRS, spec);
      const used = hasCpu ? { cpuUsedCores: window.cpuUsedCores! * driftAt(minute) } : {};
      quantifier.updateProfile({ ...window, ...used });
    }
  }
  quantifier.refit(60 * MINUTES);
  return quantifier;
}

describe('what all services need more than their demands promise', () => {
  it('is told from the windows before now', () => {
    const slow = learned((minute) => (minute >= MINUTES - 4 ? 1.15 : 1));
    expect(slow.demandDrift()).toBeGreaterThan(1.08);
    expect(slow.demandDrift()).toBeLessThan(1.16);
    expect(learned(() => 1).demandDrift()).toBeCloseTo(1, 1);
  });

  it('belongs to its time: before a machine slowed down nothing is to be seen of it', () => {
    const slow = learned((minute) => (minute >= 40 ? 1.15 : 1));
    expect(slow.demandDrift(60 * 15)).toBeLessThan(1.02);
    expect(slow.demandDrift(60 * 50)).toBeGreaterThan(slow.demandDrift(60 * 15) * 1.06);
  });

  it('is not told by the window itself', () => {
    const blip = learned((minute) => (minute === 30 ? 1.3 : 1));
    expect(Math.abs(blip.demandDrift(60 * 30) - 1)).toBeLessThan(0.02);
    expect(blip.demandDrift(60 * 31)).toBeGreaterThan(1.03);
  });

  it('is bounded, and none where no CPU is measured', () => {
    expect(learned((minute) => (minute >= MINUTES - 2 ? 3 : 1)).demandDrift()).toBeLessThanOrEqual(1.25);
    expect(learned(() => 1, false).demandDrift()).toBe(1);
    expect(new PerformanceImpactQuantifier().demandDrift()).toBe(1);
  });
});
