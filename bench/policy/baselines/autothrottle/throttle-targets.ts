/** Tower's choices: two groups of services with one target each out of nine, so 81 pairs. */

/** Ratios of throttled periods. */
export const TARGETS: readonly number[] = [0, 0.02, 0.04, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3];

/** Places in `TARGETS` of the group that uses much CPU and of the one that uses little. */
export interface TargetPair {
  readonly busy: number;
  readonly calm: number;
}

export const ALL_PAIRS: readonly TargetPair[] = TARGETS.flatMap((_, busy) =>
  TARGETS.map((_, calm) => ({ busy, calm })),
);

/** Pair whose two targets are the ones next to that ratio. */
export function pairNear(target: number): TargetPair {
  const off = TARGETS.map((it) => Math.abs(it - target));
  const place = off.indexOf(Math.min(...off));
  return { busy: place, calm: place };
}

/** The up to four pairs in which one target is one place higher or lower: what is explored. */
export function neighbours(pair: TargetPair): TargetPair[] {
  return ALL_PAIRS.filter((it) => Math.abs(it.busy - pair.busy) + Math.abs(it.calm - pair.calm) === 1);
}

/** Steps between two pairs when both targets may move at once. */
export function distance(a: TargetPair, b: TargetPair): number {
  return Math.max(Math.abs(a.busy - b.busy), Math.abs(a.calm - b.calm));
}
