import type { FitEvidence } from './fit-evidence.ts';
import { medianInPlace } from './medians.ts';
import { solveNonNegative } from './non-negative-least-squares.ts';
import { invertPositiveDefinite } from './positive-definite.ts';

export interface CpuDemand {
  /** d of every pair, core-seconds per visit. */
  readonly demands: Float64Array;
  /** Standard errors of the demands, core-seconds per visit. */
  readonly errors: Float64Array;
  /** What the service uses without any request, cores. */
  readonly baselineCores: number;
  /** 1.4826 · median |relative residual| of the use. */
  readonly spread: number;
  readonly windows: number;
}

const MIN_WINDOWS = 3;
/** Iterations with Huber's weights, which find their way from anywhere, and after them with Tukey's, which leave garbage out. */
const FINDING = 5;
const REFINING = 5;
const RELATIVE_CHANGE = 1e-3;
const HUBER = 1.345;
const TUKEY = 4.685;
const LEAST_SPREAD = 0.02;
/** Of what is known already, in units of the typical use. */
const KNOWN_DEVIATION = 1e-6;
/** Above this share of the capacity the use is cut off by the limit and no longer follows the rates. */
const CUT_OFF = 0.97;
/** How far chains may be believed to differ in CPU per own time before their windows say so; relative. */
const EXPECTED_DIFFERENCE = 0.1;
/** The least and the most that the own times can say about the split, relative. */
const LEAST_DIFFERENCE = 0.03;
const MOST_DIFFERENCE = 2;
/** What a service may be believed to use at rest, as a share of its median use, before its windows say so. */
const EXPECTED_BASELINE = 0.1;
/** A use at rest that is not so many standard errors above 0 is taken for 0: it would be taken from the requests. */
const SIGNIFICANT = 3;
/** With fewer windows it is not looked for. */
const MIN_WINDOWS_FOR_REST = 30;

/**
 * Demand of each pair from the measured CPU use of the whole service: the d, d₀ ≥ 0 that minimise Σ w·loss(r), r the
 * relative residual of the use against d₀ + Σ_c rate_c·d_c, d₀ what it uses at rest (the utilization law with an intercept: J.
 * Rolia, V. Vetland, "Parameter estimation for performance models of distributed application systems", CASCON 1995); relative, since CPU per request drifts for all windows alike.
 * Undefined with fewer than three usable windows.
 *
 * An M-estimator in two steps (V. J. Yohai, "High breakdown-point and high efficiency robust estimates for regression",
 * Ann. Statist. 15, 1987): Huber's loss to find the way, Tukey's from there on, with which garbage counts nothing.
 *
 * Chains whose rates move together cannot be told apart by this; then the split that their own times have (`shares`,
 * core-seconds up to a common factor) is kept. How much it counts against the windows is itself found from them, by how
 * far the factors of the chains differ beyond their errors (empirical Bayes: B. Efron, C. Morris, "Stein's estimation rule and its
 * competitors", JASA 68, 1973).
 */
export function demandFromCpu(
  evidence: FitEvidence,
  shares: Float64Array,
  /** What an earlier search has found the service to use at rest, cores. */
  atRest: number | 'search' = 'search',
): CpuDemand | undefined {
  const system = usableRows(evidence, shares);
  if (system.count < MIN_WINDOWS) return undefined;
  const fit = new RobustFit(system);
  const isSearched = atRest === 'search' && system.count >= MIN_WINDOWS_FOR_REST;
  if (!isSearched) fit.fixRest(atRest === 'search' ? 0 : atRest / system.typicalUse);
  fit.run('huber', MOST_DIFFERENCE, FINDING);
  fit.run('tukey', fit.differenceOfChains(), REFINING);
  if (isSearched && !fit.isUsedAtRest()) {
    fit.fixRest(0);
    fit.run('tukey', fit.differenceOfChains(), REFINING);
  }
  const errors = fit.standardErrors();
  return {
    demands: shares.map((share, c) => share * fit.factors[c]!),
    errors: shares.map((share, c) => share * errors[c]!),
    baselineCores: system.typicalUse * fit.factors[shares.length]!,
    spread: fit.spread,
    windows: system.count,
  };
}

/** Row after row rate_c·share_c and the typical use, to be explained by `used`, cores, and the windows' weights. */
interface UseRows {
  readonly count: number;
  readonly chains: number;
  /** chains + 1: the last one is what is used at rest, in units of the typical use. */
  readonly columns: number;
  /** Median of the use, cores. */
  readonly typicalUse: number;
  readonly rows: Float64Array;
  readonly used: Float64Array;
  readonly weights: Float64Array;
}

function usableRows(evidence: FitEvidence, shares: Float64Array): UseRows {
  const chains = shares.length;
  const columns = chains + 1;
  const rows = new Float64Array(evidence.count * columns);
  const used = new Float64Array(evidence.count);
  const weights = new Float64Array(evidence.count);
  let count = 0;
  for (let i = 0; i < evidence.count; i++) {
    const cores = evidence.used[i]!;
    if (!(cores > 0) || cores >= CUT_OFF * evidence.capacities[i]!) continue;
    let total = 0;
    for (let c = 0; c < chains; c++) {
      const value = evidence.pairs[c]!.columns.rates[i]! * shares[c]!;
      rows[count * columns + c] = value;
      total += value;
    }
    if (!(total > 0)) continue;
    used[count] = cores;
    weights[count++] = evidence.useWeights[i]!;
  }
  const typicalUse = medianInPlace(used.slice(0, count));
  for (let i = 0; i < count; i++) rows[i * columns + chains] = typicalUse;
  return { count, chains, columns, typicalUse, rows, used, weights };
}

/** Factors on the shares, 1 would be the own times themselves; and the share of the typical use that is used at rest. */
class RobustFit {
  factors: Float64Array<ArrayBuffer>;
  spread = Number.NaN;
  private readonly system: UseRows;
  /** The one factor that all chains would have. */
  private readonly common: number;
  private readonly residuals: Float64Array;
  private readonly expected: Float64Array;
  private readonly scratch: Float64Array;
  private readonly gram: Float64Array;
  private readonly right: Float64Array;
  private ridge = 0;
  /** What is believed of the use at rest, in units of the typical use: a mean and a standard deviation. */
  private restMean = 0;
  private restDeviation = EXPECTED_BASELINE;

  constructor(system: UseRows) {
    const { count, chains, columns } = system;
    this.system = system;
    this.residuals = new Float64Array(count);
    this.expected = new Float64Array(count);
    this.scratch = new Float64Array(count);
    this.gram = new Float64Array(columns * columns);
    this.right = new Float64Array(columns);
    this.factors = new Float64Array(columns).fill(1, 0, chains);
    this.predict();
    for (let i = 0; i < count; i++) this.scratch[i] = system.used[i]! / this.expected[i]!;
    this.common = medianInPlace(this.scratch);
    this.factors.fill(this.common, 0, chains);
  }

  /** Iterates until the factors are settled; `difference` is how far chains may lie apart, relative. */
  run(loss: 'huber' | 'tukey', difference: number, iterations: number): void {
    for (let iteration = 0; iteration < iterations; iteration++) {
      this.predict();
      if (loss === 'huber' || iteration === 0) this.spread = this.residualSpread();
      this.ridge = (this.spread / (difference * this.common)) ** 2;
      this.accumulate(loss);
      const next = solveNonNegative(this.gram, this.right, this.factors);
      const change = this.changeTo(next);
      this.factors = next;
      if (change <= RELATIVE_CHANGE * this.common) break;
    }
  }

  /** √ of the variance among the factors beyond what their errors explain, relative, and drawn to what is expected. */
  differenceOfChains(): number {
    const errors = this.standardErrors();
    let excess = 0;
    const { chains } = this.system;
    for (let c = 0; c < chains; c++) {
      const distance = this.factors[c]! / this.common - 1;
      excess += distance ** 2 - (errors[c]! / this.common) ** 2;
    }
    const variance = (Math.max(0, excess) + EXPECTED_DIFFERENCE ** 2) / (chains + 1);
    return Math.min(MOST_DIFFERENCE, Math.max(LEAST_DIFFERENCE, Math.sqrt(variance)));
  }

  /**
   * √ of the diagonal of σ²·G⁻¹, with the ridge in G: the posterior's standard deviations. σ is taken for as much larger as
   * residuals are smaller than errors after the fit of so many factors.
   */
  standardErrors(): Float64Array {
    const { count, chains, columns } = this.system;
    const sigma = this.spread * Math.sqrt(count / Math.max(1, count - chains));
    const inverse = invertPositiveDefinite(this.gram, columns);
    return Float64Array.from({ length: columns }, (_, c) =>
      inverse === undefined ? Number.POSITIVE_INFINITY : sigma * Math.sqrt(inverse[c * columns + c]!),
    );
  }

  /** Whether the windows show that something is used at rest. */
  isUsedAtRest(): boolean {
    const { chains } = this.system;
    return this.factors[chains]! > SIGNIFICANT * this.standardErrors()[chains]!;
  }

  /** Takes what is used at rest for known. */
  fixRest(share: number): void {
    this.factors[this.system.chains] = share;
    this.restMean = share;
    this.restDeviation = KNOWN_DEVIATION;
  }

  private predict(): void {
    const { count, columns, rows } = this.system;
    for (let i = 0; i < count; i++) {
      let value = 0;
      for (let c = 0; c < columns; c++) value += rows[i * columns + c]! * this.factors[c]!;
      this.expected[i] = value;
      this.residuals[i] = relativeResidual(this.system.used[i]!, value);
    }
  }

  private residualSpread(): number {
    for (let i = 0; i < this.scratch.length; i++) this.scratch[i] = Math.abs(this.residuals[i]!);
    return Math.max(LEAST_SPREAD, 1.4826 * medianInPlace(this.scratch));
  }

  /** Normal equations of the weighted rows over what is expected of them, to be 1 + r. */
  private accumulate(loss: 'huber' | 'tukey'): void {
    const { count, chains, columns, rows, weights } = this.system;
    const { gram, right, expected, residuals, ridge } = this;
    gram.fill(0);
    right.fill(0);
    for (let i = 0; i < count; i++) {
      if (!(expected[i]! > 0)) continue;
      const inverse = 1 / expected[i]!;
      const weight = weights[i]! * robustWeight(loss, residuals[i]! / this.spread) * inverse;
      if (weight === 0) continue;
      const target = 1 + Math.max(-0.9, residuals[i]!);
      for (let c = 0; c < columns; c++) {
        const weighted = weight * rows[i * columns + c]!;
        right[c] = right[c]! + weighted * target;
        for (let e = 0; e <= c; e++)
          gram[c * columns + e] = gram[c * columns + e]! + weighted * rows[i * columns + e]! * inverse;
      }
    }
    for (let c = 0; c < columns; c++)
      for (let e = 0; e < c; e++) gram[e * columns + c] = gram[c * columns + e]!;
    for (let c = 0; c < chains; c++) {
      gram[c * columns + c] = gram[c * columns + c]! + ridge;
      right[c] = right[c]! + ridge * this.common;
    }
    const atRest = chains * columns + chains;
    const known = (this.spread / this.restDeviation) ** 2;
    gram[atRest] = gram[atRest]! + known;
    right[chains] = right[chains]! + known * this.restMean;
  }

  private changeTo(next: Float64Array): number {
    let change = 0;
    for (let c = 0; c < next.length; c++) change = Math.max(change, Math.abs(next[c]! - this.factors[c]!));
    return change;
  }
}

/** 2·(y − ŷ)/(y + ŷ): near log(y/ŷ), at most ±2 for garbage. */
function relativeResidual(measured: number, expected: number): number {
  return (2 * (measured - expected)) / (measured + expected);
}

function robustWeight(loss: 'huber' | 'tukey', residual: number): number {
  const size = Math.abs(residual);
  if (loss === 'huber') return size > HUBER ? HUBER / size : 1;
  return size > TUKEY ? 0 : (1 - (size / TUKEY) ** 2) ** 2;
}
