import { setImmediate } from 'node:timers/promises';

/** Longest stretch of work on the main thread between two turns of the event loop. */
const STRETCH_MS = 4;

/**
 * Lets others have a turn when the last one is long ago: `await breathe()` in a loop over thousands of chains keeps
 * the event loop free at next to no cost.
 */
export function breather(): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < STRETCH_MS) return undefined;
    return setImmediate().then(() => {
      last = performance.now();
    });
  };
}
