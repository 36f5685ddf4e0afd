/**
 * Share of the minutes that a chain plans to miss: a hundredth, corrected by what it did miss. Bursts that are as large as none
 * before come more often than their tail tells where loads are rough, and never where they are smooth; which of them a chain
 * has, its missed minutes say (an integral control of the objective's error budget: Beyer et al., Site Reliability Engineering,
 * 2016, chapter 3).
 */

/** What it is without any correction. */
export const MISSED_MINUTES = 0.01;

/** What is taken for seen before anything is: one missed in an hour, so that it begins with care and may relax. */
const PRIOR_MISSED = 1;
const PRIOR_MINUTES = 60;

/** Missed twice as often as planned is planned for with a quarter: the tail hardly answers to less. */
const STRENGTH = 2;
const LARGEST_CORRECTION = 2;

/** Of this time, s. */
const MEMORY_SECONDS = 3600;
const MINUTE = 60;

export class ErrorBudget {
  readonly #missed: { readonly atSeconds: number; readonly seconds: number }[] = [];
  #notedSeconds: number | undefined;
  #watchedSeconds = 0;

  /** To be told with every pass. `isMissed`: the minute that ends now; undefined where it says nothing of what was planned. */
  note(atSeconds: number, isMissed: boolean | undefined): void {
    const passed = Math.max(0, atSeconds - (this.#notedSeconds ?? atSeconds));
    this.#notedSeconds = atSeconds;
    while (this.#missed[0] !== undefined && Math.abs(atSeconds - this.#missed[0].atSeconds) > MEMORY_SECONDS)
      this.#missed.shift();
    if (isMissed === undefined) return;
    // The minute that ends now and the one that ended with the pass before have the rest in common.
    const seconds = Math.min(MINUTE, passed);
    this.#watchedSeconds = Math.min(MEMORY_SECONDS, this.#watchedSeconds + seconds);
    if (isMissed) this.#missed.push({ atSeconds, seconds });
  }

  get missedShare(): number {
    const missed = this.#missed.reduce((sum, { seconds }) => sum + seconds, 0) / MINUTE;
    const estimate = (missed + PRIOR_MISSED) / (this.#watchedSeconds / MINUTE + PRIOR_MINUTES);
    return MISSED_MINUTES * Math.min(LARGEST_CORRECTION, (MISSED_MINUTES / estimate) ** STRENGTH);
  }
}
