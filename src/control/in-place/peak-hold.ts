/**
 * What a chain is held ready for once its objective was missed: its load comes in bursts that are over before anybody can
 * react to them, and that come again. Then the largest rate of ten minutes is planned for, instead of that of the
 * next half minute, until an hour has passed without another miss. A chain that keeps its objective pays nothing for it.
 */

/** Peaks are remembered this long, s. */
const PEAK_SECONDS = 600;

/** A miss counts for this long, s. */
const MISS_SECONDS = 3600;

/** Minutes are told every few seconds, and are the same one for this long, s. */
const MINUTE = 60;

/** Where it was missed all the same, the peak was higher than what got through: it is raised by this for each miss. */
const RAISE = 1.1;
const LARGEST_RAISE = 2;

/** A peak is this much over what was planned for. */
const BEYOND = 1.05;

export class PeakHold {
  #rates: { readonly atSeconds: number; readonly rate: number }[] = [];
  #missedSeconds = Number.NEGATIVE_INFINITY;
  #raise = 1;

  /** The rate of the last 15 s, requests/s. */
  note(atSeconds: number, rate: number): void {
    this.#rates.push({ atSeconds, rate });
    this.#rates = this.#rates.filter((one) => Math.abs(atSeconds - one.atSeconds) <= PEAK_SECONDS);
  }

  /**
   * The objective was missed, or nearly, in the minute that ends now, for which `planned` requests/s were planned. Where the
   * load was no higher than that it is no matter of peaks.
   */
  miss(atSeconds: number, planned: number): void {
    const recent = this.#rates.filter((one) => Math.abs(atSeconds - one.atSeconds) <= MINUTE + 15);
    if (Math.max(0, ...recent.map(({ rate }) => rate)) < BEYOND * planned) return;
    const ago = Math.abs(atSeconds - this.#missedSeconds);
    if (ago < MINUTE) return;
    this.#raise = ago > MISS_SECONDS ? 1 : Math.min(LARGEST_RAISE, this.#raise * RAISE);
    this.#missedSeconds = atSeconds;
  }

  /** The load to be ready for, requests/s; 0 while nothing was missed. */
  load(atSeconds: number): number {
    if (Math.abs(atSeconds - this.#missedSeconds) > MISS_SECONDS) return 0;
    return this.#raise * Math.max(0, ...this.#rates.map(({ rate }) => rate));
  }
}
