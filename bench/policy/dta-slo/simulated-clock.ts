import { setMaxListeners } from 'node:events';
import type { Clock } from '../../../src/models/ports.ts';

/** When the simulation begins, Unix s: a whole minute, so that windows are aligned with it. */
export const EPOCH_SECONDS = 1_800_000_000;

interface Sleeper {
  readonly untilSeconds: number;
  wake(): void;
}

/** A clock that stands still but when it is advanced. Who sleeps is woken in the order of their times. */
export class SimulatedClock implements Clock {
  #now = 0;
  /** The next to wake last; of equal times the first to sleep is woken first. */
  readonly #sleepers: Sleeper[] = [];

  /** Unix s. */
  nowSeconds(): number {
    return EPOCH_SECONDS + this.#now;
  }

  sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const end = () => {
        signal?.removeEventListener('abort', cancel);
        resolve();
      };
      const sleeper = { untilSeconds: this.#now + seconds, wake: end };
      const cancel = () => {
        this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
        end();
      };
      if (signal !== undefined) {
        // As many as services wait for their changes at once.
        setMaxListeners(0, signal);
        signal.addEventListener('abort', cancel);
      }
      this.#add(sleeper);
    });
  }

  /** To a time since the start, s. `settle` resolves when whoever was woken has done what can be done at that time. */
  async advanceTo(seconds: number, settle: () => Promise<void>): Promise<void> {
    for (;;) {
      const next = this.#sleepers.at(-1);
      if (next === undefined || next.untilSeconds > seconds) break;
      this.#sleepers.pop();
      this.#now = Math.max(this.#now, next.untilSeconds);
      next.wake();
      await settle();
    }
    this.#now = seconds;
  }

  #add(sleeper: Sleeper): void {
    const later = this.#sleepers.findLastIndex(({ untilSeconds }) => untilSeconds > sleeper.untilSeconds);
    this.#sleepers.splice(later + 1, 0, sleeper);
  }
}
