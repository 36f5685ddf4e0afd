import { type CurveObservations, curveLoss, fitCurve } from './curve-fit.ts';
import type { FitEvidence, PairEvidence } from './fit-evidence.ts';
import { queueingTerm } from './latency-curve.ts';
import { SATURATED, utilizations } from './utilizations.ts';

/** Shares of the bound that are tried first. */
const GRID = [1, 0.85, 0.7, 0.58, 0.48, 0.4, 0.33, 0.27, 0.22, 0.18, 0.14, 0.1, 0.07, 0.05];
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const REFINEMENTS = 8;
/** Log residuals beyond this are garbage to a demand. */
const BEND = 0.3;
const MIN_OBSERVATIONS = 12;
/** Likelihood-ratio units (χ² with one degree of freedom, halved windows' correlation allowed for) that the bound must lose by. */
const CLEARLY_WORSE = 12;
/** …and within which a share is as good as the best: the largest such share is taken. */
const AS_GOOD = 1;

/**
 * Which share s in (0, 1) of the bounding demand explains best how latency bends with load, the demands of the chains
 * staying in proportion: with a too large demand the windows look nearer to saturation than they were, and the fitted
 * curve bends where the data do not. Undefined when the data do not tell s from 1.
 *
 * The profile likelihood of s is searched by a grid and a golden section; taken is the largest share that is as good
 * as the best, so that what is uncertain stays pessimistic.
 */
export function demandFromCurvature(
  evidence: FitEvidence,
  bounds: Float64Array,
  exponent: number,
  verticalExponent: number,
): number | undefined {
  const pairs = evidence.pairs.filter((pair) => pair.rows.length > 0);
  const observations = pairs.reduce((sum, pair) => sum + pair.rows.length, 0);
  const degrees = observations - 2 * pairs.length - 1;
  if (observations < MIN_OBSERVATIONS || degrees < 1) return undefined;
  const full = utilizations(evidence, bounds);
  const search = pairs.map((pair) => new PairSearch(pair, evidence.cpus, exponent, verticalExponent));
  const loss = (share: number) => search.reduce((sum, pair) => sum + pair.loss(full, share), 0);
  const losses = GRID.map(loss);
  const best = refine(loss, losses);
  const variance = Math.max((2 * best.loss) / degrees, 1e-6);
  const distance = (value: number) => (2 * (value - best.loss)) / variance;
  if (distance(losses[0]!) < CLEARLY_WORSE) return undefined;
  return largestAsGood(best.share, (share) => distance(loss(share)));
}

/** Golden section between the neighbours of the best grid point (Kiefer 1953). */
function refine(loss: (share: number) => number, losses: readonly number[]): { share: number; loss: number } {
  const index = losses.indexOf(Math.min(...losses));
  let low = GRID[Math.min(index + 1, GRID.length - 1)]!;
  let high = GRID[Math.max(index - 1, 0)]!;
  for (let i = 0; i < REFINEMENTS; i++) {
    const left = high - GOLDEN * (high - low);
    const right = low + GOLDEN * (high - low);
    if (loss(left) <= loss(right)) high = right;
    else low = left;
  }
  const share = (low + high) / 2;
  const refined = loss(share);
  return refined <= losses[index]! ? { share, loss: refined } : { share: GRID[index]!, loss: losses[index]! };
}

/** Bisection for where the distance to the best leaves what is as good. */
function largestAsGood(best: number, distance: (share: number) => number): number {
  let low = best;
  let high = 1;
  for (let i = 0; i < REFINEMENTS; i++) {
    const middle = (low + high) / 2;
    if (distance(middle) <= AS_GOOD) low = middle;
    else high = middle;
  }
  return low;
}

/** One pair's best loss as a function of the share; keeps its curve as the start of the next fit. */
class PairSearch {
  private readonly pair: PairEvidence;
  private readonly cpus: Float64Array;
  private readonly exponent: number;
  private readonly verticalExponent: number;
  private readonly observations: CurveObservations;
  private readonly scratch: Float64Array;
  private start: { floorSeconds: number; queueingSeconds: number };

  constructor(pair: PairEvidence, cpus: Float64Array, exponent: number, verticalExponent: number) {
    const count = pair.rows.length;
    this.pair = pair;
    this.cpus = cpus;
    this.exponent = exponent;
    this.verticalExponent = verticalExponent;
    const { logLatencies, weights } = pair;
    this.observations = { terms: new Float64Array(count), logLatencies, weights, count };
    this.scratch = new Float64Array(count);
    const seconds = Math.exp(logLatencies[0]!);
    this.start = { floorSeconds: seconds / 2, queueingSeconds: seconds / 2 };
  }

  loss(full: Float64Array, share: number): number {
    const { rows } = this.pair;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const utilization = Math.min(SATURATED, share * full[row]!);
      this.observations.terms[i] = queueingTerm(
        utilization,
        this.cpus[row]!,
        this.exponent,
        this.verticalExponent,
      );
    }
    const fit = fitCurve(this.observations, this.start, this.scratch);
    if (fit.floorSeconds > 0 && fit.queueingSeconds > 0) this.start = fit;
    return curveLoss(this.observations, fit.floorSeconds, fit.queueingSeconds, BEND);
  }
}
