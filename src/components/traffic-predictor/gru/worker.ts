/** Entry of the thread in which one training happens. */
import { setPriority } from 'node:os';

/** As `nice` counts: 0 is what everything else has, and this is the most there is. */
const NICENESS = 19;

// Before anything else is loaded: that takes as long as many requests.
giveWay();
await import('./training-run.ts');

/** Requests come first: on Linux, and only there, a priority belongs to the thread that sets it and not to the process. */
function giveWay(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, NICENESS);
  } catch {
    // Not allowed here: the training then competes with the rest for the processor.
  }
}
