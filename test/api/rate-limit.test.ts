import { describe, expect, it } from 'vitest';
import { rateLimit } from '../../src/api/rate-limit.ts';

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
