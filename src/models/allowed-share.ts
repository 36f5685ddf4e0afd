/** An objective is judged over as long, s. */
const JUDGED_SECONDS = 60;

/** Slow requests come in groups, as one throttled period delays several: so many count as one. */
const GROUP = 2;

/** Normal quantile of 0.99: one minute in a hundred may have more by chance. */
const QUANTILE = 2.33;

/**
 * Share q of requests that may be slow in the mean so that more than 1 − p of a minute's requests are in one minute in a
 * hundred at most: q + z·√(q/n) = 1 − p for n groups (normal approximation of the Poisson distribution).
 *
 * @param rate requests/s
 */
export function allowedShare(percentile: number, rate: number): number {
  const groups = (JUDGED_SECONDS * rate) / GROUP;
  if (!(groups > 0)) return 0;
  const spread = QUANTILE / Math.sqrt(groups);
  const root = (Math.sqrt(spread ** 2 + 4 * (1 - percentile)) - spread) / 2;
  return root ** 2;
}
