/** k as long as the data do not tell another: one queue a service. */
export const EXPONENT = 1;

/** The parameters of L(ρ, u) = floor + queueing · ρ^exponent / (u^verticalExponent · (1 − ρ)). */
export interface LatencyCurve {
  readonly floorSeconds: number;
  readonly queueingSeconds: number;
  readonly exponent: number;
  readonly verticalExponent: number;
}

/** ρ^k / (1 − ρ): how waiting grows with the utilisation. Infinity from ρ = 1 on. */
export function waiting(utilization: number, exponent: number): number {
  if (utilization >= 1) return Number.POSITIVE_INFINITY;
  return (exponent === 1 ? utilization : utilization ** exponent) / (1 - utilization);
}

/** Latency of one visit, s; Infinity from ρ = 1 on. `cpu`: cores of one instance. */
export function latencyAt(curve: LatencyCurve, utilization: number, cpu: number): number {
  if (utilization >= 1) return Number.POSITIVE_INFINITY;
  const { floorSeconds, queueingSeconds, exponent, verticalExponent } = curve;
  return floorSeconds + (queueingSeconds * waiting(utilization, exponent)) / cpu ** verticalExponent;
}

/**
 * ∂L/∂ρ in s: `queueing · ρ^(k−1) · (k·(1−ρ) + ρ) / (u^η · (1−ρ)²)`, the quotient rule on `latencyAt`.
 * Infinity from ρ = 1 on.
 */
export function latencySlope(curve: LatencyCurve, utilization: number, cpu: number): number {
  if (utilization >= 1) return Number.POSITIVE_INFINITY;
  const { exponent: k, queueingSeconds, verticalExponent } = curve;
  const idle = 1 - utilization;
  const rising = k === 1 ? 1 : utilization ** (k - 1) * (k * idle + utilization);
  return (queueingSeconds * rising) / (cpu ** verticalExponent * idle * idle);
}
