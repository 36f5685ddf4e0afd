import { describe, expect, it, vi } from 'vitest';
import { learn, learnAgain, learnProvisionally } from '../../src/control/learn.ts';
import { Recorder } from '../../src/control/recorder.ts';
import { NOW } from './fixtures.ts';
import { type Parts, partsOf, recordMinute } from './parts.ts';

/** A daemon that has watched and learned ten minutes. */
function watched(): Parts & { readonly recorder: Recorder } {
  const parts = partsOf();
  const recorder = new Recorder(parts);
  for (let minute = 0; minute < 10; minute += 1) {
    parts.clock.advance(60);
    recordMinute(parts, NOW + 60 * minute);
    recorder.flush();
  }
  parts.clock.advance(10);
  learn(parts, parts.clock.nowSeconds());
  return { ...parts, recorder };
}

function windowsOf({ profiles }: Parts): number {
  const outcome = profiles.profile('auth-service', 'order-processing');
  return outcome.kind === 'profile' ? outcome.windows : 0;
}

describe('learning', () => {
  it('learns each closed window once', () => {
    const parts = watched();
    const update = vi.spyOn(parts.profiles, 'updateProfile');
    learn(parts, parts.clock.nowSeconds());
    learnAgain(parts, parts.clock.nowSeconds());
    expect(update).not.toHaveBeenCalled();
    expect(windowsOf(parts)).toBe(10);
  });

  it('learns those windows again that late records have changed, and no others', () => {
    const parts = watched();
    parts.recorder.flush();
    const update = vi.spyOn(parts.profiles, 'updateProfile');
    parts.traffic.recordRequest('auth-service', 'order-processing', 0.05, false, NOW + 125, 30);
    parts.recorder.flush();
    learnAgain(parts, parts.clock.nowSeconds());
    expect(new Set(update.mock.calls.map(([{ startSeconds }]) => startSeconds))).toEqual(
      new Set([NOW + 120]),
    );
    const window = update.mock.calls
      .map(([window]) => window)
      .find(({ service }) => service === 'auth-service');
    expect(window?.pairs[0]?.requests).toBe(50);
    const step = [...parts.history.loadSteps(0)].find(({ startSeconds }) => startSeconds === NOW + 120);
    expect(step?.rate).toBeCloseTo(50 / 60);
    expect(parts.series.series()[1]?.rates.filter(Number.isFinite)).toHaveLength(10);
  });

  it('asks for changed windows at most once a minute, however late the records keep coming', () => {
    const parts = watched();
    const { lateWindows } = parts.memory;
    let times = 0;
    for (let second = 0; second < 300; second += 5) {
      parts.traffic.recordRequest('auth-service', 'order-processing', 0.05, false, NOW + 125 + second);
      parts.recorder.flush();
      const now = parts.clock.nowSeconds();
      if (lateWindows.isDue(now)) {
        times += 1;
        learnAgain(parts, now);
      }
      parts.clock.advance(5);
    }
    expect(times).toBe(5);
  });

  it('learns late records after a restart that came between them and their turn', () => {
    const parts = watched();
    parts.recorder.saveProfiles();
    parts.traffic.recordRequest('auth-service', 'order-processing', 0.05, false, NOW + 125, 30);
    parts.recorder.flush();
    recordMinute(parts, NOW + 600);
    parts.clock.advance(60);
    learn(parts, parts.clock.nowSeconds());
    parts.recorder.saveProfiles();
    const until = Number(Buffer.from(parts.history.loadState('learned-until') ?? []).toString());
    expect(until).toBe(NOW + 120);
  });
});

describe('learning from the minute that is still running', () => {
  it('gives an unknown service a first curve, which the whole minute replaces', () => {
    const parts = partsOf();
    const update = vi.spyOn(parts.profiles, 'updateProfile');
    parts.clock.advance(59);
    recordMinute(parts, NOW);
    learnProvisionally(parts, parts.clock.nowSeconds());
    expect(parts.profiles.profile('auth-service', 'order-processing').kind).toBe('profile');
    parts.clock.advance(10);
    learn(parts, parts.clock.nowSeconds());
    expect(update.mock.calls.length).toBeGreaterThan(2);
    expect(windowsOf(parts)).toBe(1);
  });

  it('adds no window for each time it is asked', () => {
    const parts = partsOf();
    for (let second = 0; second < 50; second += 10) {
      parts.clock.advance(10);
      parts.traffic.recordRequest('auth-service', 'order-processing', 0.05);
      learnProvisionally(parts, parts.clock.nowSeconds());
    }
    const outcome = parts.profiles.profile('auth-service', 'order-processing');
    expect(outcome.kind === 'not-enough-data' ? outcome.have : outcome.windows).toBeLessThanOrEqual(5);
  });
});
