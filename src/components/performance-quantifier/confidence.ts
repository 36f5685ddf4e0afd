/** What a confidence is made of. */
export interface ConfidenceEvidence {
  readonly source: 'prior' | 'fitted';
  /** Σ of age weight · requests/(requests + 50) over the windows. */
  readonly effectiveWindows: number;
  /** Lowest and highest utilisation seen. */
  readonly utilizationRange: readonly [number, number];
  /** 1.4826 · median |log residual| of the fit. */
  readonly spread: number;
}

const HALF_COUNT = 6;
const WIDE_RANGE = 0.3;
const HALF_SPREAD = 0.5;
/** A prior never says more than this. */
export const MOST_OF_A_PRIOR = 0.3;

/**
 * Confidence in [0, 1], without age:
 *
 *     count · range · spread
 *     count  = N/(N + 6), N the effective windows
 *     range  = 0.6 + 0.4·min(1, (ρ_high − ρ_low)/0.3)
 *     spread = 1/(1 + (σ/0.5)²)
 *
 * A prior has 0.3 · count. Twice the evidence always says more, and no factor alone can make up for another.
 */
export function confidenceOf(evidence: ConfidenceEvidence): number {
  const count = evidence.effectiveWindows / (evidence.effectiveWindows + HALF_COUNT);
  if (evidence.source === 'prior') return MOST_OF_A_PRIOR * count;
  const [low, high] = evidence.utilizationRange;
  const range = 0.6 + 0.4 * Math.min(1, (high - low) / WIDE_RANGE);
  const spread = 1 / (1 + (evidence.spread / HALF_SPREAD) ** 2);
  return count * range * spread;
}

/** Confidence fades while nothing new arrives: halves with every half-life since the newest window. */
export function agedConfidence(confidence: number, ageSeconds: number, halfLifeSeconds: number): number {
  return confidence * 0.5 ** (Math.max(0, ageSeconds) / halfLifeSeconds);
}
