import type { TimeGrid } from './time-grid.ts';

/**
 * The slots that answer for a window: fine slots up to the first coarse one, coarse slots, fine slots after the last
 * coarse one. Each part may be empty. Slots are half open: [from, to).
 */
export interface MetricsWindow {
  readonly headFrom: number;
  readonly headTo: number;
  readonly coarseFrom: number;
  readonly coarseTo: number;
  readonly tailFrom: number;
  readonly tailTo: number;
  /** What the slots cover, s. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/**
 * Widens [fromSeconds, toSeconds] to whole slots. `recentSinceSeconds` is the time from which on the fine slots know
 * everything; what lies before it comes from coarse slots, and so do the whole coarse slots after it, which hold the
 * same and are fewer.
 */
export function metricsWindow(
  grid: TimeGrid,
  fromSeconds: number,
  toSeconds: number,
  nowSeconds: number,
  recentSinceSeconds: number,
): MetricsWindow {
  const fineFrom = grid.fineOf(fromSeconds);
  const fineTo = toSeconds >= nowSeconds ? grid.fineOf(nowSeconds) + 1 : grid.fineFrom(toSeconds);
  const recentFrom = grid.fineFrom(recentSinceSeconds);
  const isRecent = fineFrom >= recentFrom;
  const coarseFrom = isRecent ? coarseFrontier(grid, fineFrom) : grid.coarseOf(fineFrom);
  // The slot in which the fine slots begin to know everything is taken whole.
  const known = isRecent ? coarseFrom : coarseFrontier(grid, recentFrom);
  const coarseTo = Math.min(Math.max(known, grid.coarseOf(fineTo)), coarseFrontier(grid, fineTo));
  const coarseStart = coarseFrom * grid.finePerCoarse;
  const coarseEnd = coarseTo * grid.finePerCoarse;
  return {
    headFrom: isRecent ? fineFrom : coarseStart,
    headTo: Math.min(coarseStart, fineTo),
    coarseFrom,
    coarseTo,
    tailFrom: coarseEnd,
    tailTo: fineTo,
    fromSeconds: grid.secondsOf(isRecent ? fineFrom : coarseStart),
    toSeconds: Math.min(nowSeconds, grid.secondsOf(isRecent ? fineTo : Math.max(fineTo, coarseEnd))),
  };
}

/** Coarse slots [from, to) alone. */
export function coarseWindow(grid: TimeGrid, coarseFrom: number, coarseTo: number): MetricsWindow {
  return {
    headFrom: 0,
    headTo: 0,
    coarseFrom,
    coarseTo,
    tailFrom: 0,
    tailTo: 0,
    fromSeconds: grid.secondsOf(coarseFrom * grid.finePerCoarse),
    toSeconds: grid.secondsOf(coarseTo * grid.finePerCoarse),
  };
}

/** The first coarse slot that starts at a fine slot or after it. */
function coarseFrontier(grid: TimeGrid, fine: number): number {
  return Math.ceil(fine / grid.finePerCoarse);
}
