import { latencyAt, latencySlope } from './latency-curve.ts';
import type { PairModel } from './pair-fit.ts';
import type { ServiceModel } from './service-fit.ts';

const DEVIATIONS = 1.96;
/** Plans seldom go beyond; nearer to saturation every error is as large as one likes. */
const HIGHEST_UTILIZATION = 0.7;
const LARGEST = 2;
/** Of one curve: residuals are smaller than errors by as much as they have been fitted. */
const PARAMETERS = 2;

/**
 * Factor from the prediction to its upper 95 % confidence limit, at the highest utilisation ρ* that was seen, at
 * most 0.7, on instances of their latest size. Three errors add up, each relative to L(ρ*) (propagation of errors, first order):
 *
 *     the level of the curve            σ / √N
 *     its steepness                     σ_b · (w(ρ*) − w(ρ̄)) / L(ρ*)      w(ρ) = ρ^k/(1−ρ), ρ̄ the middle of what was seen
 *     the demand that ρ* rests on       ρ*·L′(ρ*)/L(ρ*) · σ_cpu / √N
 *
 * The scatter of single windows is not in it: a plan is held to the percentile, not to the worst minute.
 * Nor is what lies beyond ρ*: the factor holds for all loads, and a service is not to pay at the load that it is known at
 * for one that it has never had. Plans go there step by step.
 */
export function upperFactor(model: ServiceModel, pair: PairModel): number {
  if (pair.source === 'prior') return 1;
  const [low, high] = pair.utilizationRange;
  const planned = Math.min(HIGHEST_UTILIZATION, high);
  const latency = latencyAt(pair.curve, planned, pair.latestCpu);
  if (!(latency > 0)) return 1;
  const count = Math.max(1, pair.windows - PARAMETERS);
  const level = pair.spread / Math.sqrt(count);
  const steepness = Math.min(1, stretch(pair, (low + high) / 2, planned) / latency);
  const demand = Number.isNaN(model.cpuSpread)
    ? 0
    : (planned * latencySlope(pair.curve, planned, pair.latestCpu) * model.cpuSpread) /
      (latency * Math.sqrt(count));
  const error = Math.hypot(level, steepness, demand);
  return Math.min(LARGEST, Math.exp(DEVIATIONS * error));
}

/** How far one standard error of the queueing moves the latency between two utilisations, s. */
function stretch({ curve, queueingError, latestCpu }: PairModel, from: number, to: number): number {
  if (!Number.isFinite(queueingError)) return 0;
  const unit = { ...curve, floorSeconds: 0, queueingSeconds: queueingError };
  return latencyAt(unit, to, latestCpu) - latencyAt(unit, from, latestCpu);
}
