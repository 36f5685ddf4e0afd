import type { FitEvidence } from './fit-evidence.ts';
import { medianInPlace } from './medians.ts';
import { solveNonNegative } from './non-negative-least-squares.ts';

export interface CpuDemand {
  /** d of every pair, core-seconds per visit. */
  readonly demands: Float64Array;
  /** 1.4826 · median |used / Σ rate·d − 1|. */
  readonly spread: number;
  readonly windows: number;
}

const MIN_WINDOWS = 3;
const ITERATIONS = 4;
const HUBER = 1.345;
const LEAST_SPREAD = 0.02;
/** Above this share of the capacity the use is cut off by the limit and no longer follows the rates. */
const CUT_OFF = 0.97;
/** How many windows the assumed split among the chains weighs. */
const SPLIT_WEIGHT = 0.25;

/**
 * Demand of each pair from the measured CPU use of the whole service: the d ≥ 0 that minimise
 * Σ w·huber(Σ_c rate_c·d_c / used − 1), relative since CPU per request drifts for all windows alike. Undefined with
 * fewer than three usable windows.
 *
 * Chains whose rates move together cannot be told apart by this; a weak ridge then keeps the split that their own
 * times have (`shares`, core-seconds up to a common factor).
 */
export function demandFromCpu(evidence: FitEvidence, shares: Float64Array): CpuDemand | undefined {
  const rows = usableRows(evidence, shares);
  if (rows.length < MIN_WINDOWS) return undefined;
  const scale = commonScale(evidence, shares, rows);
  const n = shares.length;
  let factors = new Float64Array(n).fill(scale);
  let spread = relativeSpread(evidence, shares, factors, rows);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const { gram, right } = normalEquations(evidence, shares, factors, rows, spread, scale);
    factors = Float64Array.from(solveNonNegative(gram, right, factors));
    spread = relativeSpread(evidence, shares, factors, rows);
  }
  return { demands: shares.map((share, c) => share * factors[c]!), spread, windows: rows.length };
}

function usableRows(evidence: FitEvidence, shares: Float64Array): number[] {
  const rows: number[] = [];
  for (let i = 0; i < evidence.count; i++) {
    const used = evidence.used[i]!;
    if (used > 0 && used < CUT_OFF * evidence.capacities[i]! && explained(evidence, shares, i) > 0)
      rows.push(i);
  }
  return rows;
}

function explained(evidence: FitEvidence, shares: Float64Array, row: number, factors?: Float64Array): number {
  let cores = 0;
  for (let c = 0; c < shares.length; c++) {
    cores += evidence.pairs[c]!.columns.rates[row]! * shares[c]! * (factors === undefined ? 1 : factors[c]!);
  }
  return cores;
}

function commonScale(evidence: FitEvidence, shares: Float64Array, rows: readonly number[]): number {
  return medianInPlace(Float64Array.from(rows, (i) => evidence.used[i]! / explained(evidence, shares, i)));
}

function relativeSpread(
  evidence: FitEvidence,
  shares: Float64Array,
  factors: Float64Array,
  rows: readonly number[],
): number {
  const residuals = Float64Array.from(rows, (i) =>
    Math.abs(explained(evidence, shares, i, factors) / evidence.used[i]! - 1),
  );
  return Math.max(LEAST_SPREAD, 1.4826 * medianInPlace(residuals));
}

function normalEquations(
  evidence: FitEvidence,
  shares: Float64Array,
  factors: Float64Array,
  rows: readonly number[],
  spread: number,
  scale: number,
): { gram: Float64Array; right: Float64Array } {
  const n = shares.length;
  const gram = new Float64Array(n * n);
  const right = new Float64Array(n);
  const row = new Float64Array(n);
  for (const i of rows) {
    const used = evidence.used[i]!;
    const size = Math.abs(explained(evidence, shares, i, factors) / used - 1);
    const weight = evidence.ageWeights[i]! * (size > HUBER * spread ? (HUBER * spread) / size : 1);
    for (let c = 0; c < n; c++) row[c] = (evidence.pairs[c]!.columns.rates[i]! * shares[c]!) / used;
    for (let c = 0; c < n; c++) {
      right[c] = right[c]! + weight * row[c]!;
      for (let e = 0; e < n; e++) gram[c * n + e] = gram[c * n + e]! + weight * row[c]! * row[e]!;
    }
  }
  const ridge = SPLIT_WEIGHT / (scale * scale);
  for (let c = 0; c < n; c++) {
    gram[c * n + c] = gram[c * n + c]! + ridge / n;
    right[c] = right[c]! + (ridge / n) * scale;
  }
  return { gram, right };
}
