import type { Clock } from '../models/ports.ts';

/** A timer goes by another clock, which is never set, in whole ms: what is left of a sleep by so little is slept as well, ms. */
const NEAR_MS = 50;

/** Longest delay that a timer takes, ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The machine's clock. With `speed` > 1 it runs that much faster from the moment it is made: an hour of a demo or a
 * replay passes in a minute, and everything that is timed by it keeps its proportions.
 */
export function systemClock(speed = 1): Clock {
  const originSeconds = Date.now() / 1000;
  const nowSeconds = () => originSeconds + (Date.now() / 1000 - originSeconds) * speed;
  return {
    nowSeconds,
    async sleep(seconds, signal) {
      const until = nowSeconds() + seconds;
      const leftMs = () => ((until - nowSeconds()) / speed) * 1000;
      await sleepMs((seconds / speed) * 1000, signal);
      while (signal?.aborted !== true && leftMs() > 0 && leftMs() < NEAR_MS)
        await sleepMs(leftMs() + 1, signal);
    },
  };
}

function sleepMs(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, Math.min(Math.max(0, milliseconds), LONGEST_TIMER_MS));
    signal?.addEventListener('abort', finish, { once: true });
  });
}
