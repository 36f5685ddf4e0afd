import type { FitEvidence } from './fit-evidence.ts';
import { waiting } from './latency-curve.ts';

/** ρ^k / (u^η·(1−ρ)) of every window: what b is multiplied with. Infinity from ρ = 1 on. */
export function waitingTerms(
  evidence: FitEvidence,
  utilization: Float64Array,
  exponent: number,
  verticalExponent: number,
): Float64Array {
  return utilization.map((rho, row) => waiting(rho, exponent) * evidence.cpus[row]! ** -verticalExponent);
}
