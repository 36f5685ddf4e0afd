import type { Clock } from '../../models/ports.ts';

/** Reads a clock and tells when it was set back by more than `toleranceSeconds` since the latest time it showed. */
export class WatchedClock {
  readonly #clock: Pick<Clock, 'nowSeconds'>;
  readonly #toleranceSeconds: number;
  readonly #wentBack: (nowSeconds: number) => void;
  #latestSeconds: number;

  constructor(
    clock: Pick<Clock, 'nowSeconds'>,
    toleranceSeconds: number,
    wentBack: (nowSeconds: number) => void,
  ) {
    this.#clock = clock;
    this.#toleranceSeconds = toleranceSeconds;
    this.#wentBack = wentBack;
    this.#latestSeconds = clock.nowSeconds();
  }

  nowSeconds(): number {
    const now = this.#clock.nowSeconds();
    if (now >= this.#latestSeconds) this.#latestSeconds = now;
    else if (now < this.#latestSeconds - this.#toleranceSeconds) {
      this.#latestSeconds = now;
      this.#wentBack(now);
    }
    return now;
  }
}
