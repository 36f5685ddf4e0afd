import type { FitEvidence } from './fit-evidence.ts';

/** A measured use this many spreads from what the rates explain is garbage. */
const SPREADS = 3;

/**
 * ρ of every window as a fit sees it: the geometric mean of what was measured (use / capacity) and what the rates
 * explain (Σ_c rate_c·d_c / C), or the latter alone where nothing, or garbage, was measured.
 *
 * Both are uncertain: CPU per request drifts, which only the measurement sees, and a measurement of one window is
 * noisy, which would flatten the curve. `cpuSpread` is the spread of measured over explained use.
 */
export function observedUtilizations(
  evidence: FitEvidence,
  explainedUtilization: Float64Array,
  cpuSpread: number,
): Float64Array {
  const result = explainedUtilization.slice();
  const margin = 1 + SPREADS * cpuSpread;
  for (let i = 0; i < result.length; i++) {
    const used = evidence.used[i]!;
    if (!(used > 0) || Number.isNaN(margin)) continue;
    const explained = result[i]!;
    const measured = used / evidence.capacities[i]!;
    if (measured < explained * margin && measured > explained / margin)
      result[i] = Math.sqrt(measured * explained);
  }
  return result;
}

/** ρ = (d₀ + Σ_c rate_c·d_c) / C of every window; `baselineCores`: d₀. */
export function utilizations(evidence: FitEvidence, demands: Float64Array, baselineCores = 0): Float64Array {
  const result = new Float64Array(evidence.count).fill(baselineCores);
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
