/** A latency of so many times the usual is no matter of a little too few cores. */
const TIMES = 2;

/**
 * Beyond the usual, s: requests that wait for less hide no more than a tenth of the rate of five seconds, so that what is seen
 * is what comes. A few used-up CFS periods take as long, as every burst brings them.
 */
const BEYOND_SECONDS = 0.5;

/** Latency above which work piles up and rates are those of the answers, s; `usual`: the objective, or what is told without any wait. */
export function piledUpFrom(usualSeconds: number): number {
  return Math.max(TIMES * usualSeconds, usualSeconds + BEYOND_SECONDS);
}
