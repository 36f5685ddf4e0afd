import type { FitEvidence } from './fit-evidence.ts';

/**
 * ρ of every window: measured CPU use over capacity where there is one, else Σ_c rate_c·d_c / C. On the measured
 * chains a fit on the measured ρ predicts better, although it is asked by demand: CPU per request drifts.
 */
export function observedUtilizations(evidence: FitEvidence, demands: Float64Array): Float64Array {
  const result = utilizations(evidence, demands);
  for (let i = 0; i < result.length; i++) {
    const used = evidence.used[i]!;
    if (used > 0) result[i] = used / evidence.capacities[i]!;
  }
  return result;
}

/** ρ = Σ_c rate_c·d_c / C of every window. */
export function utilizations(evidence: FitEvidence, demands: Float64Array): Float64Array {
  const result = new Float64Array(evidence.count);
  for (let c = 0; c < demands.length; c++) {
    const { rates } = evidence.pairs[c]!.columns;
    const demand = demands[c]!;
    for (let i = 0; i < result.length; i++) result[i] = result[i]! + rates[i]! * demand;
  }
  for (let i = 0; i < result.length; i++) result[i] = result[i]! / evidence.capacities[i]!;
  return result;
}

/** The last known ρ that the curve is read at: the steep end says nothing but "overloaded". */
export const SATURATED = 0.97;
