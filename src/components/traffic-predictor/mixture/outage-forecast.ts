import { LEVELS, UPPER } from './levels.ts';

/**
 * What is served in an outage that has lasted r steps: it ends within h steps with probability h/(r + h) (Laplace's
 * rule of succession: the longer it has lasted the longer it will), then the traffic is what was forecast without it,
 * else zero. So the quantile `level` is the forecast's quantile 1 − (1 − level)/p, and zero where that is not positive.
 * In place.
 *
 * @param quantiles [horizon × LEVELS]
 */
export function foldInOutage(outageSteps: number, quantiles: Float64Array, maximum95: Float64Array): void {
  const levels = LEVELS.length;
  for (let h = 0; h < maximum95.length; h++) {
    const ends = (h + 1) / (outageSteps + h + 1);
    // From above, so that what is read is not yet folded.
    for (let q = levels - 1; q >= 0; q--) {
      const level = 1 - (1 - LEVELS[q]!) / ends;
      quantiles[h * levels + q] = quantileAt(level, quantiles, h * levels);
    }
    const level = 1 - (1 - LEVELS[UPPER]!) / ends;
    if (level <= 0) maximum95[h] = 0;
    else maximum95[h] = Math.max(h > 0 ? maximum95[h - 1]! : 0, maximum95[h]!);
  }
}

/** On the straight line between the stated quantiles, and between zero and the median. */
function quantileAt(level: number, quantiles: Float64Array, at: number): number {
  if (level <= 0) return 0;
  let below = 0;
  let belowLevel = 0;
  for (let q = 0; q < LEVELS.length; q++) {
    const value = quantiles[at + q]!;
    if (level <= LEVELS[q]!) {
      return below + ((level - belowLevel) / (LEVELS[q]! - belowLevel)) * (value - below);
    }
    below = value;
    belowLevel = LEVELS[q]!;
  }
  return below;
}
