import type { TimeGrid } from './time-grid.ts';

/**
 * The slots that answer for a window: coarse slots for its older part, fine slots for its newer part. Either may be
 * empty (from ≥ to). Slots are half open: [from, to).
 */
export interface MetricsWindow {
  readonly coarseFrom: number;
  readonly coarseTo: number;
  readonly fineFrom: number;
  readonly fineTo: number;
  /** What the slots cover, s. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/**
 * Widens [fromSeconds, toSeconds] to whole slots. `recentSinceSeconds` is the time from which on the fine slots know
 * everything; what lies before it comes from coarse slots.
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
  const end = Math.min(nowSeconds, grid.secondsOf(fineTo));
  const recentFrom = grid.fineFrom(recentSinceSeconds);
  if (fineFrom >= recentFrom) {
    return {
      coarseFrom: 0,
      coarseTo: 0,
      fineFrom,
      fineTo,
      fromSeconds: grid.secondsOf(fineFrom),
      toSeconds: end,
    };
  }
  const coarseFrom = grid.coarseOf(fineFrom);
  const boundary = Math.min(coarseFrontier(grid, recentFrom), coarseFrontier(grid, fineTo));
  const fine = boundary * grid.finePerCoarse;
  return {
    coarseFrom,
    coarseTo: boundary,
    fineFrom: fine,
    fineTo,
    fromSeconds: grid.secondsOf(coarseFrom * grid.finePerCoarse),
    toSeconds: Math.min(nowSeconds, Math.max(end, grid.secondsOf(fine))),
  };
}

/** Coarse slots [from, to) alone. */
export function coarseWindow(grid: TimeGrid, coarseFrom: number, coarseTo: number): MetricsWindow {
  return {
    coarseFrom,
    coarseTo,
    fineFrom: 0,
    fineTo: 0,
    fromSeconds: grid.secondsOf(coarseFrom * grid.finePerCoarse),
    toSeconds: grid.secondsOf(coarseTo * grid.finePerCoarse),
  };
}

/** The first coarse slot that starts at a fine slot or after it. */
function coarseFrontier(grid: TimeGrid, fine: number): number {
  return Math.ceil(fine / grid.finePerCoarse);
}
