import type { Clock } from '../../models/ports.ts';

/**
 * Another clock's time from now on, but steady: what it sleeps and what the machine's monotonic clock counts beside
 * that. Setting the clock of the machine neither shortens nor lengthens a wait that is timed by it.
 */
export class SteadyClock implements Clock {
  readonly #clock: Clock;
  /** Unix s at the mark, a reading of performance.now(). */
  #seconds: number;
  #markMs = performance.now();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#seconds = clock.nowSeconds();
  }

  nowSeconds(): number {
    return this.#seconds + (performance.now() - this.#markMs) / 1000;
  }

  /** Several may sleep at once: each has passed what it asked for, or what really passed where that is longer. */
  async sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    const until = this.nowSeconds() + seconds;
    await this.#clock.sleep(seconds, signal);
    if (signal?.aborted === true || this.nowSeconds() >= until) return;
    this.#seconds = until;
    this.#markMs = performance.now();
  }
}
