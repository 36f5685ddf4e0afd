import { describe, expect, it } from 'vitest';
import { PerformanceImpactQuantifier } from '../../../src/components/performance-quantifier/performance-quantifier.ts';
import { UsageBook } from '../../../src/control/books/usage-book.ts';
import { learningWindows } from '../../../src/control/observe/learning-windows.ts';
import type { SeriesMetrics } from '../../../src/models/metrics.ts';
import { distributionOf, initialCapacities, NOW, seriesOf, settingsWith } from '../fixtures.ts';

const settings = settingsWith();
const { topology } = settings;

/** A minute of `auth-service`, of which the CPU use was measured. */
function windowOf(startSeconds: number, cpu: number, ...services: SeriesMetrics[]) {
  const usage = new UsageBook();
  usage.note({ service: 'auth-service', atSeconds: startSeconds + 30, cpu });
  const metrics = { fromSeconds: startSeconds, toSeconds: startSeconds + 60, services, endToEnd: [] };
  return learningWindows(metrics, { topology, capacities: initialCapacities(settings), usage }).services[0]!;
}

const answered = (ratePerSecond: number) =>
  seriesOf('user-registration', 'auth-service', { ratePerSecond, requests: 60 * ratePerSecond });
const failed = (ratePerSecond: number) =>
  seriesOf('order-processing', 'auth-service', {
    ratePerSecond,
    requests: 60 * ratePerSecond,
    errorRatio: 1,
    latency: distributionOf(),
  });

describe('a window', () => {
  it('says how much of it the service was throttled, when that was told', () => {
    const usage = new UsageBook();
    const metrics = { fromSeconds: NOW, toSeconds: NOW + 60, services: [answered(10)], endToEnd: [] };
    const context = { topology, capacities: initialCapacities(settings), usage };
    expect(learningWindows(metrics, context).services[0]).not.toHaveProperty('throttledRatio');
    usage.note({ service: 'auth-service', atSeconds: NOW + 30, throttledRatio: 0.4 });
    expect(learningWindows(metrics, context).services[0]).toMatchObject({ throttledRatio: 0.4 });
  });
});

describe('a chain of which every request failed', () => {
  it('is load without a latency', () => {
    const { pairs } = windowOf(NOW, 1, answered(10), failed(20));
    expect(pairs).toContainEqual({
      chain: 'order-processing',
      ratePerSecond: 20,
      requests: 1200,
      errorRatio: 1,
      percentileSeconds: Number.NaN,
      meanSeconds: Number.NaN,
    });
  });

  it('bears its own CPU, and the other chains do not', () => {
    const profiles = new PerformanceImpactQuantifier({ topology });
    // 10 ms of CPU for a request of either chain; the one that fails comes and goes.
    for (let minute = 0; minute < 20; minute += 1) {
      const rate = [5, 50, 100, 20][minute % 4]!;
      const cpu = 0.01 * (10 + rate);
      profiles.updateProfile(windowOf(NOW + 60 * minute, cpu, answered(10), failed(rate)));
    }
    const profile = profiles.profile('auth-service', 'user-registration');
    expect(profile).toMatchObject({ kind: 'profile', demandSource: 'measured-cpu' });
    expect(profile.kind === 'profile' ? profile.demandCoreSeconds : 0).toBeCloseTo(0.01, 2);
    expect(profiles.profile('auth-service', 'order-processing').kind).toBe('not-enough-data');
  });
});
