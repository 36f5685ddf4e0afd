import type { Impact } from '../../models/profiles.ts';
import { latencyAt } from './latency-curve.ts';
import type { PairModel } from './pair-fit.ts';
import type { ServiceLoad } from './service-load.ts';

/** Confidence falls to a third this far beyond the utilisations seen. */
const REACH = 0.25;

/**
 * What a pair does at a load. Beyond the highest utilisation seen by Δ the confidence is multiplied by
 * exp(−Δ/0.25). The risk factor is 1 − confidence·(1 − ρ²): near 0 for an idle service that is well known, 1 for one
 * that is saturated or of which nothing is known.
 */
export function impactOf(
  pair: PairModel,
  load: ServiceLoad,
  /** What leaks in from its callers, s. */
  leakedSeconds: number,
  agedConfidence: number,
): Impact {
  const { utilization, cpu } = load;
  const beyond = Math.max(0, utilization - pair.utilizationRange[1]);
  const confidence = agedConfidence * Math.exp(-beyond / REACH);
  return {
    kind: 'impact',
    expectedLatency: latencyAt(pair.curve, utilization, cpu) + leakedSeconds,
    confidence,
    riskFactor: 1 - confidence * Math.max(0, 1 - utilization * utilization),
    utilization,
  };
}
