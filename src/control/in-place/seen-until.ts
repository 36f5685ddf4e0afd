/** Until when the latest seconds show that no spike has begun: sooner than spans do, which are known when the slowest record is. */

/** Stretches of so many seconds are compared with the usual load: the shorter ones where they have enough requests. */
const LENGTHS = [1, 2];
const STRETCHES = 3;
const ENOUGH = 20;

/** They ended so long ago: as long as records take, which is not known, s. */
const AGES = [1, 2, 3, 4];

/** So much later, and up to so much, it is likely to be told that none has begun by then, s. */
export const FIRST_LOOK_SECONDS = 3;
export const LAST_LOOK_SECONDS = 5.5;

/** Requests/s over whole seconds; NaN where they are not known. */
export type RateOver = (fromSeconds: number, toSeconds: number) => number;

/** Standard deviations of a Poisson count that a stretch may be away from the usual load by chance. */
const DEVIATIONS = 2.5;

interface Stretch {
  readonly seconds: number;
  /** What its rate may be away from the usual one, requests/s. */
  readonly chance: number;
  /** Of a spike that began later in a stretch as much is hidden by chance, s. */
  readonly hidden: number;
}

/** Undefined where no stretch tells a spike of that height from chance. */
function stretchOf(usual: number, height: number): Stretch | undefined {
  const seconds = LENGTHS.find((length) => usual * length >= ENOUGH);
  if (seconds === undefined) return undefined;
  const chance = DEVIATIONS * Math.sqrt(usual / seconds);
  const hidden = (2 * chance * seconds) / height;
  return hidden < seconds ? { seconds, chance, hidden } : undefined;
}

/**
 * Each of three stretches in a row must have what is usual: not more, which may be a spike, nor less, as then records are still
 * on their way, and may be of one: of the oldest of the three more are there than of the newest. The newest three that do tell.
 *
 * @param usual load outside of spikes, requests/s
 * @param height of a spike over it, requests/s
 * @returns Unix s; -Infinity where they do not tell by now, undefined where such a load never does
 */
export function seenUntil(
  atSeconds: number,
  usual: number,
  height: number,
  rateOver: RateOver,
): number | undefined {
  const stretch = stretchOf(usual, height);
  if (stretch === undefined) return undefined;
  const { seconds, chance, hidden } = stretch;
  const isUsual = (to: number) => Math.abs(rateOver(to - seconds, to) - usual) <= chance;
  for (const age of AGES) {
    const end = Math.floor(atSeconds - age);
    const ends = Array.from({ length: STRETCHES }, (_, i) => end - i * seconds);
    if (ends.every(isUsual)) return end - hidden;
  }
  return Number.NEGATIVE_INFINITY;
}
