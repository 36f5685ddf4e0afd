import { LEVELS } from '../mixture/levels.ts';
import type { QuantileRows } from './quantile-rows.ts';

/** How good forecasts were. Only pairs of origin and step whose truth is known count; with none, NaN. */
export interface Scores {
  readonly origins: number;
  /** By step ahead: mean absolute error of the median over the scale, and the mean of these. */
  readonly mase: readonly number[];
  readonly maseMean: number;
  /** By `LEVELS`: mean pinball loss over all steps ahead, requests/s. */
  readonly pinball: readonly number[];
  /** By `LEVELS`: share of truths at or below the quantile; and the same with truths that equal it counted half. */
  readonly coverage: readonly number[];
  readonly coverageTiesHalf: readonly number[];
  /** By lead: share of maxima at or below `maximum95`; absent when the model states none. */
  readonly maximumCoverage?: readonly number[];
}

/**
 * Mean absolute one-step change, the error of the naive forecast: the scale of MASE (Hyndman & Koehler 2006). Pairs with a
 * gap are left out.
 */
export function meanAbsoluteStep(values: Float64Array): number {
  let sum = 0;
  let pairs = 0;
  for (let t = 1; t < values.length; t++) {
    const step = Math.abs(values[t]! - values[t - 1]!);
    if (Number.isNaN(step)) continue;
    sum += step;
    pairs += 1;
  }
  return sum / pairs;
}

/** @param scale of the errors, from the training part alone: `meanAbsoluteStep` */
export function scoreRows(values: Float64Array, rows: QuantileRows, scale: number): Scores {
  const tally = new Tally(rows.horizon);
  rows.origins.forEach((origin, i) => {
    for (let h = 0; h < rows.horizon; h++) {
      const truth = values[origin + h + 1] ?? Number.NaN;
      if (Number.isNaN(truth)) continue;
      tally.take(h, truth, rows.quantiles, (i * rows.horizon + h) * LEVELS.length);
    }
  });
  const mase = Array.from(tally.errors, (error, h) => error / tally.pairsByStep[h]! / scale);
  const pairs = tally.pairsByStep.reduce((sum, count) => sum + count, 0);
  const share = (sums: Float64Array) => Array.from(sums, (sum) => sum / pairs);
  const maximumCoverage = coverageOfMaximum(values, rows);
  return {
    origins: rows.origins.length,
    mase,
    maseMean: mase.reduce((sum, each) => sum + each, 0) / rows.horizon,
    pinball: share(tally.pinball),
    coverage: share(tally.covered),
    coverageTiesHalf: share(tally.covered.map((covered, q) => covered - tally.ties[q]! / 2)),
    ...(maximumCoverage === undefined ? {} : { maximumCoverage }),
  };
}

/** Loss whose mean is least at the quantile `level` (Koenker & Bassett 1978). */
export function pinballLoss(level: number, truth: number, quantile: number): number {
  const error = truth - quantile;
  return error > 0 ? level * error : (level - 1) * error;
}

class Tally {
  readonly errors: Float64Array;
  readonly pairsByStep: Float64Array;
  readonly pinball = new Float64Array(LEVELS.length);
  readonly covered = new Float64Array(LEVELS.length);
  readonly ties = new Float64Array(LEVELS.length);

  constructor(horizon: number) {
    this.errors = new Float64Array(horizon);
    this.pairsByStep = new Float64Array(horizon);
  }

  take(h: number, truth: number, quantiles: Float64Array, at: number): void {
    this.errors[h]! += Math.abs(truth - quantiles[at]!);
    this.pairsByStep[h]! += 1;
    for (let q = 0; q < LEVELS.length; q++) {
      const quantile = quantiles[at + q]!;
      this.pinball[q]! += pinballLoss(LEVELS[q]!, truth, quantile);
      if (truth <= quantile) this.covered[q]! += 1;
      if (truth === quantile) this.ties[q]! += 1;
    }
  }
}

function coverageOfMaximum(values: Float64Array, rows: QuantileRows): readonly number[] | undefined {
  const { horizon, origins, maximum95 } = rows;
  if (maximum95 === undefined) return undefined;
  const covered = new Float64Array(horizon);
  const scored = new Float64Array(horizon);
  origins.forEach((origin, i) => {
    let largest = 0;
    for (let l = 0; l < horizon; l++) {
      largest = Math.max(largest, values[origin + l + 1] ?? Number.NaN);
      if (Number.isNaN(largest)) return;
      scored[l]! += 1;
      if (largest <= maximum95[i * horizon + l]!) covered[l]! += 1;
    }
  });
  return Array.from(covered, (count, l) => count / scored[l]!);
}
