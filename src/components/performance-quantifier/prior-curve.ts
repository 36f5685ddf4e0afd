import { type FitEvidence, type PairEvidence, requestWeight } from './fit-evidence.ts';
import type { LatencyCurve } from './latency-curve.ts';
import { weightedMedianIndex } from './medians.ts';

/** Highest utilisation that a prior believes in. */
export const PRIOR_SATURATION = 0.95;
/** Windows, the newest, that a prior is anchored to. */
const ANCHOR_WINDOWS = 30;

/**
 * The cold-start curve of DESIGN section 3: the observed percentile q at ρ̂ = min(0.95, D̂/C) is made a curve by
 *
 *     floor = q / (1 + β·ρ̂^k/(1−ρ̂)),   queueing = β · floor · u^η
 *
 * so that L(ρ̂, u) = q. β is `queueingRatio`; for β = 1 the curve is q·(1−ρ̂)/(1−ρ), that of processor sharing
 * (Kleinrock 1976, Queueing Systems II, section 4.4). Of several windows the one with the median floor counts.
 */
export function priorCurve(
  evidence: FitEvidence,
  pair: PairEvidence,
  utilization: Float64Array,
  queueingRatio: number,
  exponent: number,
  verticalExponent: number,
): LatencyCurve {
  const rows = [...pair.priorRows.subarray(-ANCHOR_WINDOWS)];
  const floors = rows.map((i) => {
    const rho = Math.min(PRIOR_SATURATION, utilization[i]!);
    return pair.columns.percentiles[i]! / (1 + (queueingRatio * rho ** exponent) / (1 - rho));
  });
  const weights = rows.map((i) => evidence.ageWeights[i]! * requestWeight(pair.columns.requests[i]!));
  const anchor = weightedMedianIndex(floors, weights);
  const floorSeconds = floors[anchor]!;
  const queueingSeconds = queueingRatio * floorSeconds * evidence.cpus[rows[anchor]!]! ** verticalExponent;
  return { floorSeconds, queueingSeconds, exponent, verticalExponent };
}
