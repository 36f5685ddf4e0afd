import { type CurveObservations, type CurveStart, curveLoss, fitCurve } from './curve-fit.ts';
import type { FitEvidence, PairEvidence } from './fit-evidence.ts';
import { waiting } from './latency-curve.ts';
import { SATURATED, utilizations } from './utilizations.ts';

/** Shares of the bound that are tried first, and how often the best one is refined. */
const GRID = [1, 0.8, 0.64, 0.5, 0.4, 0.32, 0.25, 0.2, 0.15, 0.1, 0.06];
const REFINEMENTS = 6;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Spread that garbage is told by here; the same for all shares, so that their losses compare. */
const SPREAD = 0.25;
const MIN_OBSERVATIONS = 12;
/** More windows of a pair than this tell hardly more and cost time: every n-th is taken. */
const MAX_OBSERVATIONS = 80;
/**
 * By how much the bound must be worse than the best share. In units of a likelihood ratio, which for independent
 * windows has a χ² distribution with one degree of freedom (Wilks 1938); real windows are not quite independent.
 */
const CLEARLY_WORSE = 12;
/** Within this distance a share is as good as the best: one standard error. */
const AS_GOOD = 1;

/**
 * Which share in (0, 1) of the bounding demand explains best how latency bends with load, the demands of the chains
 * staying in proportion: with too large a demand the windows look nearer to saturation than they were, and the curve
 * bends where the data do not. Undefined when the data do not clearly tell that share from 1.
 *
 * The profile likelihood of the share is searched by a grid and a golden section (Kiefer 1953). Taken is the largest
 * share that is as good as the best, so that what is uncertain stays pessimistic.
 */
export function demandFromCurvature(
  evidence: FitEvidence,
  bounds: Float64Array,
  exponent: number,
): number | undefined {
  const searches = evidence.pairs
    .filter((pair) => pair.rows.length > 0)
    .map((pair) => new PairSearch(pair, evidence, exponent));
  const observations = searches.reduce((sum, search) => sum + search.count, 0);
  const degrees = observations - 2 * searches.length - 1;
  if (observations < MIN_OBSERVATIONS || degrees < 1) return undefined;
  const full = utilizations(evidence, bounds);
  const loss = (share: number) => searches.reduce((sum, search) => sum + search.loss(full, share), 0);
  const losses = GRID.map(loss);
  const best = refine(loss, losses);
  const variance = Math.max((2 * best.loss) / degrees, Number.MIN_VALUE);
  const distance = (value: number) => (2 * (value - best.loss)) / variance;
  if (distance(losses[0]!) < CLEARLY_WORSE) return undefined;
  return largestAsGood(best.share, (share) => distance(loss(share)));
}

interface Candidate {
  readonly share: number;
  readonly loss: number;
}

/** Golden section between the neighbours of the best grid point. */
function refine(loss: (share: number) => number, losses: readonly number[]): Candidate {
  const index = losses.indexOf(Math.min(...losses));
  const at = (share: number): Candidate => ({ share, loss: loss(share) });
  let low = GRID[Math.min(index + 1, GRID.length - 1)]!;
  let high = GRID[Math.max(index - 1, 0)]!;
  let left = at(high - GOLDEN * (high - low));
  let right = at(low + GOLDEN * (high - low));
  for (let i = 0; i < REFINEMENTS; i++) {
    if (left.loss <= right.loss) {
      high = right.share;
      right = left;
      left = at(high - GOLDEN * (high - low));
    } else {
      low = left.share;
      left = right;
      right = at(low + GOLDEN * (high - low));
    }
  }
  const candidates: readonly Candidate[] = [left, right, { share: GRID[index]!, loss: losses[index]! }];
  return candidates.reduce((best, candidate) => (candidate.loss < best.loss ? candidate : best));
}

/** Bisection for the far end of the shares that are as good as the best. */
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

/** The loss of one pair's best curve as a function of the share; each fit starts from the one before. */
class PairSearch {
  readonly count: number;
  private readonly rows: Int32Array;
  private readonly slownesses: Float64Array;
  private readonly exponent: number;
  private readonly data: CurveObservations;
  private readonly scratch: Float64Array;
  private start: CurveStart;

  constructor(pair: PairEvidence, evidence: FitEvidence, exponent: number) {
    const stride = Math.ceil(pair.rows.length / MAX_OBSERVATIONS);
    const isTaken = (_: number, i: number) => i % stride === 0;
    this.rows = pair.rows.filter(isTaken);
    this.count = this.rows.length;
    this.slownesses = Float64Array.from(this.rows, (row) => evidence.slownesses[row]!);
    this.exponent = exponent;
    this.scratch = new Float64Array(this.count);
    const latencies = pair.latencies.filter(isTaken);
    const weights = pair.weights.filter(isTaken);
    const offsets = new Float64Array(this.count);
    this.data = { terms: new Float64Array(this.count), offsets, latencies, weights, count: this.count };
    this.start = { floorSeconds: latencies[0]! / 2, queueingSeconds: latencies[0]! / 2 };
  }

  loss(full: Float64Array, share: number): number {
    const { terms } = this.data;
    for (let i = 0; i < this.count; i++) {
      const utilization = Math.min(SATURATED, share * full[this.rows[i]!]!);
      terms[i] = waiting(utilization, this.exponent) * this.slownesses[i]!;
    }
    const fit = fitCurve(this.data, this.start, this.scratch, { fixedSpread: SPREAD });
    if (fit.floorSeconds > 0 && fit.queueingSeconds > 0) this.start = fit;
    return curveLoss(this.data, fit, SPREAD);
  }
}
