/**
 * By how much more requests of a chain are slow than its plan expects, and how long they take when nobody waits.
 *
 * The factor is the rate of a Poisson process against its expectation, with a gamma prior of mean 1 (Gelman et al.,
 * Bayesian Data Analysis, section 2.6): slow requests are counted, those that the model expected are summed up, older ones
 * count less, and a few of each stand in for what was not seen yet.
 */

/** What was seen counts half after this long, s. */
const HALF_LIFE_SECONDS = 600;

/** Slow requests, and expected ones, that the prior is worth. */
const PRIOR = 20;

const LEAST_FACTOR = 0.02;
const LARGEST_FACTOR = 5;

/**
 * Slow requests that are counted at a time beyond what the largest factor explains, as long as that is not reached: a minute in
 * which work piled up is no error of the model, and would be believed for an hour; what goes on is.
 */
const UNEXPLAINED = 5;

/** The base is the median of so many minutes, and may rise by this in an hour: services change. */
const MINUTES = 3;
const RISE_PER_HOUR = 0.02;

export class SlownessEstimate {
  #measured = 0;
  #expected = 0;
  #noted: number | undefined;
  #minutes: number[] = [];
  #minuteSeconds = Number.NEGATIVE_INFINITY;
  #base: number | undefined;

  /** Of `requests` this share was slow, and that one was expected to be. */
  note(atSeconds: number, requests: number, measured: number, expected: number): void {
    const age = Math.max(0, atSeconds - (this.#noted ?? atSeconds));
    const kept = 0.5 ** (age / HALF_LIFE_SECONDS);
    this.#noted = atSeconds;
    this.#expected = kept * this.#expected + requests * expected;
    const slow = Math.min(requests * measured, LARGEST_FACTOR * requests * expected + UNEXPLAINED);
    const most = LARGEST_FACTOR * (PRIOR + this.#expected) - PRIOR;
    this.#measured = Math.min(most, kept * this.#measured + slow);
  }

  /** Latency of a minute at the SLO's percentile, s. What is told within the same minute counts once. */
  noteLatency(atSeconds: number, latencySeconds: number): void {
    const ago = Math.abs(atSeconds - this.#minuteSeconds);
    if (ago < 60 || !(latencySeconds > 0)) return;
    this.#minuteSeconds = atSeconds;
    this.#minutes = [...this.#minutes, latencySeconds].slice(-MINUTES);
    if (this.#minutes.length < MINUTES) return;
    const median = [...this.#minutes].sort((a, b) => a - b)[(MINUTES - 1) / 2]!;
    const risen =
      (this.#base ?? Number.POSITIVE_INFINITY) * (1 + RISE_PER_HOUR) ** (Math.min(ago, 3600) / 3600);
    this.#base = Math.min(median, risen);
  }

  get factor(): number {
    const ratio = (PRIOR + this.#measured) / (PRIOR + this.#expected);
    return Math.min(LARGEST_FACTOR, Math.max(LEAST_FACTOR, ratio));
  }

  /** s; undefined until three minutes were seen. */
  get baseSeconds(): number | undefined {
    return this.#base;
  }
}
