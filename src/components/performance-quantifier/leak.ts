/**
 * The leak ℓ: which share of a caller's waiting is measured as time of the services that it calls. A throttled caller
 * cannot read the answer, nor even send the request that it has stamped, and both count as time of the callee. One ℓ for all
 * services: it belongs to the way that times are taken, not to the services.
 */

/** −log likelihood of a service's windows at every point of `LEAKS`, up to a constant. */
export type LeakScores = Float64Array;

export const LEAKS: readonly number[] = [0, 0.15, 0.3, 0.45, 0.6, 0.8, 1];

/** Before any window has told anything there is none, give or take this. */
const DEVIATION = 0.5;

/** Once there is one, another ℓ must be likelier by this much: with it every called service is fitted anew. */
const WORTH_A_CHANGE = 1;

/** The ℓ that all services' windows together speak for, `present` where that is about as likely; 0 when none says anything. */
export function pooledLeak(scores: readonly LeakScores[], present = 0): number {
  if (scores.length === 0) return 0;
  const total = LEAKS.map((leak, i) =>
    scores.reduce((sum, score) => sum + score[i]!, 0.5 * (leak / DEVIATION) ** 2),
  );
  const least = Math.min(...total);
  const kept = total[LEAKS.indexOf(present)] ?? Number.POSITIVE_INFINITY;
  return present > 0 && kept - least <= WORTH_A_CHANGE ? present : LEAKS[total.indexOf(least)]!;
}
