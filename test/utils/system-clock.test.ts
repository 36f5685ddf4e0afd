import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/utils/system-clock.ts';

describe('the clock of the machine', () => {
  it.each([1, 60])('never wakes anybody before the time (speed %d)', async (speed) => {
    const clock = systemClock(speed);
    const early: number[] = [];
    const sleepers = Array.from({ length: 40 }, async (_, sleeper) => {
      for (let turn = 0; turn < 15; turn += 1) {
        const until = clock.nowSeconds() + speed * (0.001 + 0.00037 * sleeper + 0.00011 * turn);
        await clock.sleep(until - clock.nowSeconds());
        // What is less is rounding.
        if (until - clock.nowSeconds() > 1e-5) early.push(until - clock.nowSeconds());
      }
    });
    await Promise.all(sleepers);
    expect(early).toEqual([]);
  });

  it('wakes at once who need not sleep, and whoever is not to sleep any more', async () => {
    const clock = systemClock();
    await clock.sleep(0);
    await clock.sleep(-5);
    const stopping = new AbortController();
    const sleeping = clock.sleep(3600, stopping.signal);
    stopping.abort();
    await sleeping;
    await clock.sleep(3600, stopping.signal);
  });
});
