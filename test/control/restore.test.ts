import { describe, expect, it } from 'vitest';
import { noteCapacity } from '../../src/control/capacities.ts';
import { learn } from '../../src/control/learn.ts';
import { Recorder } from '../../src/control/recorder.ts';
import { restoreHistory } from '../../src/control/restore.ts';
import type { Settings } from '../../src/models/settings.ts';
import { decision } from '../store/samples.ts';
import { NOW, settingsWith } from './fixtures.ts';
import { type Parts, partsOf, recordMinute } from './parts.ts';

/** A daemon that has learned ten minutes and stopped, and the one that comes after it. */
async function restarted(settings: Settings = settingsWith(), responseTime = 0.05): Promise<[Parts, Parts]> {
  const before = partsOf(settings);
  const recorder = new Recorder(before);
  for (let minute = 0; minute < 10; minute += 1) {
    before.clock.advance(60);
    recordMinute(before, NOW + 60 * minute, responseTime);
  }
  before.clock.advance(10);
  recorder.flush();
  learn(before, before.clock.nowSeconds());
  noteCapacity(before, 'auth-service', { cpu: 2, memory: 512, instances: 3 }, 'applied');
  const sample = { service: 'auth-service', atSeconds: before.clock.nowSeconds(), memory: 300 };
  before.usage.note(sample);
  before.store.saveUsage([sample]);
  before.store.saveDecision(decision('d1', before.clock.nowSeconds()));
  recorder.close();
  before.store.close();
  const after = partsOf(settings, before.clock, before.folder);
  await restoreHistory(after);
  return [before, after];
}

describe('taking the history back', () => {
  it('gives a new process what the old one knew', async () => {
    const [before, after] = await restarted();
    const known = ({ profiles, capacities, usage, series, memory }: Parts) => ({
      profile: profiles.profile('auth-service', 'order-processing'),
      capacity: capacities.inForce('auth-service'),
      usage: usage.latest('auth-service'),
      rates: series.series().map(({ rates }) => rates),
      learnedUntil: memory.learnedUntil,
    });
    before.profiles.refit(before.clock.nowSeconds());
    after.profiles.refit(after.clock.nowSeconds());
    const { profile, ...rest } = known(after);
    const { profile: earlier, ...others } = known(before);
    expect(rest).toEqual(others);
    expect(profile).toMatchObject({ kind: 'profile', windows: 10 });
    expect(earlier).toMatchObject({ kind: 'profile', windows: 10 });
    expect(after.memory.latest?.id).toBe('d1');
    expect(after.traffic.getMetrics(3600).services).toHaveLength(2);
  });

  it('judges the windows before the restart as they were judged, in own times where records tell total ones', async () => {
    const settings = settingsWith();
    const monitoring = { ...settings.monitoring, latencyScope: 'total' as const };
    // 0.3 s in each service, the first one's included: 0.3 s end to end, of 0.5 s.
    const [before, after] = await restarted({ ...settings, monitoring }, 0.3);
    expect(before.windows.violatingRatio('order-processing')).toBe(0);
    expect(after.windows.violatingRatio('order-processing')).toBe(0);
    const [, own] = await restarted(settings, 0.3);
    expect(own.windows.violatingRatio('order-processing')).toBe(1);
  });

  it('starts from nothing when there is nothing', async () => {
    const parts = partsOf();
    await restoreHistory(parts);
    expect(parts.memory.latest).toBeUndefined();
    expect(parts.memory.learnedUntil).toBe(0);
  });
});
