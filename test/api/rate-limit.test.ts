import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { rateLimit, workLimit } from '../../src/api/rate-limit.ts';

function limitAt(start: number) {
  const time = { now: start };
  const clock = { nowSeconds: () => time.now, sleep: async () => undefined };
  return { time, spend: rateLimit(clock, 3, 2) };
}

describe('the rate limit', () => {
  it('lets a burst through, then one call in the given time', () => {
    const { time, spend } = limitAt(100);
    for (let i = 0; i < 3; i += 1) spend();
    expect(spend).toThrow('3 times at once');
    time.now += 1.9;
    expect(spend).toThrow();
    time.now += 0.2;
    spend();
    expect(spend).toThrow();
  });

  it('never saves up more than the burst', () => {
    const { time, spend } = limitAt(100);
    time.now += 1e6;
    for (let i = 0; i < 3; i += 1) spend();
    expect(spend).toThrow();
  });

  it('takes no harm from a clock that was set back', () => {
    const { time, spend } = limitAt(100);
    for (let i = 0; i < 3; i += 1) spend();
    time.now -= 50;
    expect(spend).toThrow();
    time.now += 2;
    spend();
  });
});

describe('the limit of work', () => {
  it('lets work through until it has taken its time, then a share of all time', () => {
    const time = { now: 100, ms: 0 };
    const stopwatch = vi.spyOn(performance, 'now').mockImplementation(() => time.ms);
    onTestFinished(() => stopwatch.mockRestore());
    const clock = { nowSeconds: () => time.now, sleep: async () => undefined };
    const withinLimit = workLimit(clock, { burstSeconds: 2, share: 0.25 });
    const work = () => {
      time.ms += 1500;
      return 'done';
    };
    expect([withinLimit(work), withinLimit(work)]).toEqual(['done', 'done']);
    expect(() => withinLimit(work)).toThrow('2 s of the daemon');
    time.now += 3.9;
    expect(() => withinLimit(work)).toThrow();
    time.now += 0.2;
    expect(withinLimit(work)).toBe('done');
    expect(() => withinLimit(work)).toThrow();
  });

  it('counts work that fails', () => {
    let ms = 0;
    const stopwatch = vi.spyOn(performance, 'now').mockImplementation(() => (ms += 1000));
    onTestFinished(() => stopwatch.mockRestore());
    const clock = { nowSeconds: () => 100, sleep: async () => undefined };
    const withinLimit = workLimit(clock, { burstSeconds: 1, share: 0.25 });
    const failing = () => {
      throw new Error('a bug');
    };
    expect(() => withinLimit(failing)).toThrow('a bug');
    expect(() => withinLimit(failing)).toThrow("1 s of the daemon's time");
  });
});
