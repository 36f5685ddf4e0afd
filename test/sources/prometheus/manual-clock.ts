import type { Clock } from '../../../src/models/ports.ts';

/** A clock that stands still until it is set. Sleepers are woken when their time has come. */
export class ManualClock implements Clock {
  #seconds: number;
  #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** How long those that sleep still want to, s. */
  get waits(): readonly number[] {
    return this.#sleepers.map(({ until }) => until - this.#seconds);
  }

  nowSeconds(): number {
    return this.#seconds;
  }

  sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const wake = () => {
        this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.wake !== wake);
        resolve();
      };
      this.#sleepers.push({ until: this.#seconds + seconds, wake });
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  set(seconds: number): void {
    this.#seconds = seconds;
    for (const { until, wake } of [...this.#sleepers]) if (until <= seconds) wake();
  }
}
