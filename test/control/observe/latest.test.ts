import { describe, expect, it } from 'vitest';
import { observe } from '../../../src/control/observe/observation.ts';
import type { Settings } from '../../../src/models/settings.ts';
import { allocation, settingsWith } from '../fixtures.ts';
import { inPlaceSettings, watched } from '../in-place/watched.ts';

const CHAIN = 'user-registration';

/** What the last seconds say after so many with each latency; the capacity has changed as many seconds ago. */
function latestAfter(settings: Settings, changedAgo: number, ...latencies: (readonly [number, number])[]) {
  const parts = watched(settings);
  for (const [seconds, latency] of latencies)
    for (let second = 0; second < seconds; second += 1) {
      parts.clock.advance(1);
      const at = parts.clock.nowSeconds() - 0.5;
      parts.traffic.recordRequest('auth-service', CHAIN, latency, false, at, 10);
    }
  const now = parts.clock.nowSeconds();
  const changed = { ...allocation(3), source: 'applied', sinceSeconds: now - changedAgo } as const;
  parts.capacities.note('auth-service', changed);
  return observe(parts, now).chains.get(CHAIN)!.latest?.latency;
}

describe('what the last seconds say of a chain', () => {
  it('is that of 15 s where its services are resized in place, however short ago', () => {
    for (const ago of [1, 20, 100])
      expect(latestAfter(inPlaceSettings(), ago, [60, 0.5], [30, 0.1])).toBeCloseTo(0.1, 2);
    // A twentieth of 15 s is slow, and not of 30.
    expect(latestAfter(inPlaceSettings(), 1, [120, 0.1], [5, 0.5])).toBeCloseTo(0.5, 1);
  });

  it('is that of 30 s where they are not, once their capacity has settled', () => {
    expect(latestAfter(settingsWith(), 20, [120, 0.1])).toBeUndefined();
    expect(latestAfter(settingsWith(), 30, [120, 0.1])).toBeCloseTo(0.1, 2);
    expect(latestAfter(settingsWith(), 100, [120, 0.1], [20, 0.5], [10, 0.1])).toBeCloseTo(0.5, 1);
    expect(latestAfter(inPlaceSettings(), 100, [100, 0.1], [10, 0.5], [30, 0.1])).toBeCloseTo(0.1, 2);
  });

  it('is nothing where too few requests came', () => {
    const parts = watched();
    parts.clock.advance(1);
    parts.traffic.recordRequest('auth-service', CHAIN, 0.1, false, undefined, 19);
    expect(observe(parts, parts.clock.nowSeconds()).chains.get(CHAIN)!.latest).toBeUndefined();
  });
});
