import type { Clock } from '../models/ports.ts';

/** A timer counts from when its turn of the event loop began, in whole ms, and the clock tells whole ms: so much too early at most, ms. */
const EARLY_MS = 2;

/** Longest delay that a timer takes, ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The machine's clock. With `speed` > 1 it runs that much faster from the moment it is made: an hour of a demo or a
 * replay passes in a minute, and everything that is timed by it keeps its proportions.
 */
export function systemClock(speed = 1): Clock {
  const originSeconds = Date.now() / 1000;
  return {
    nowSeconds: () => originSeconds + (Date.now() / 1000 - originSeconds) * speed,
    sleep: (seconds, signal) => sleepMs(seconds > 0 ? (seconds / speed) * 1000 + EARLY_MS : 0, signal),
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
