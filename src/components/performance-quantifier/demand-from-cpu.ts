import type { FitEvidence } from './fit-evidence.ts';
import { medianInPlace } from './medians.ts';
import { solveNonNegative } from './non-negative-least-squares.ts';

export interface CpuDemand {
  /** d of every pair, core-seconds per visit. */
  readonly demands: Float64Array;
  /** 1.4826 · median |Σ rate·d / used − 1|. */
  readonly spread: number;
  readonly windows: number;
}

const MIN_WINDOWS = 3;
const MAX_ITERATIONS = 6;
const RELATIVE_CHANGE = 1e-3;
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
  const system = relativeRows(evidence, shares);
  if (system.count < MIN_WINDOWS) return undefined;
  const scratch = new Float64Array(system.count);
  predict(system, new Float64Array(system.chains).fill(1), scratch);
  const scale = 1 / medianInPlace(scratch);
  const residuals = new Float64Array(system.count);
  let factors = new Float64Array(system.chains).fill(scale);
  let spread = Number.NaN;
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    predict(system, factors, residuals);
    for (let i = 0; i < residuals.length; i++) residuals[i] = Math.abs(residuals[i]! - 1);
    scratch.set(residuals);
    spread = Math.max(LEAST_SPREAD, 1.4826 * medianInPlace(scratch));
    const next = solveWeighted(system, residuals, HUBER * spread, factors, scale);
    const isSettled = next.every((value, c) => Math.abs(value - factors[c]!) <= RELATIVE_CHANGE * scale);
    factors = next;
    if (isSettled) break;
  }
  return { demands: shares.map((share, c) => share * factors[c]!), spread, windows: system.count };
}

/** Row after row rate_c·share_c / used, to be explained as 1, and the windows' weights. */
interface RelativeSystem {
  readonly count: number;
  readonly chains: number;
  readonly rows: Float64Array;
  readonly weights: Float64Array;
}

function relativeRows(evidence: FitEvidence, shares: Float64Array): RelativeSystem {
  const chains = shares.length;
  const rows = new Float64Array(evidence.count * chains);
  const weights = new Float64Array(evidence.count);
  let count = 0;
  for (let i = 0; i < evidence.count; i++) {
    const used = evidence.used[i]!;
    if (!(used > 0) || used >= CUT_OFF * evidence.capacities[i]!) continue;
    let total = 0;
    for (let c = 0; c < chains; c++) {
      const value = (evidence.pairs[c]!.columns.rates[i]! * shares[c]!) / used;
      rows[count * chains + c] = value;
      total += value;
    }
    if (total > 0) weights[count++] = evidence.ageWeights[i]!;
  }
  return { count, chains, rows, weights };
}

function predict({ count, chains, rows }: RelativeSystem, factors: Float64Array, into: Float64Array): void {
  for (let i = 0; i < count; i++) {
    let value = 0;
    for (let c = 0; c < chains; c++) value += rows[i * chains + c]! * factors[c]!;
    into[i] = value;
  }
}

function solveWeighted(
  { count, chains, rows, weights }: RelativeSystem,
  residuals: Float64Array,
  bend: number,
  start: Float64Array,
  scale: number,
): Float64Array<ArrayBuffer> {
  const gram = new Float64Array(chains * chains);
  const right = new Float64Array(chains);
  for (let i = 0; i < count; i++) {
    const weight = weights[i]! * (residuals[i]! > bend ? bend / residuals[i]! : 1);
    for (let c = 0; c < chains; c++) {
      const weighted = weight * rows[i * chains + c]!;
      right[c] = right[c]! + weighted;
      for (let e = 0; e < chains; e++)
        gram[c * chains + e] = gram[c * chains + e]! + weighted * rows[i * chains + e]!;
    }
  }
  const ridge = SPLIT_WEIGHT / (chains * scale * scale);
  for (let c = 0; c < chains; c++) {
    gram[c * chains + c] = gram[c * chains + c]! + ridge;
    right[c] = right[c]! + ridge * scale;
  }
  return solveNonNegative(gram, right, start);
}
