import { confidenceOf } from './confidence.ts';
import { type CurveFit, type CurveObservations, fitCurve } from './curve-fit.ts';
import { type FitEvidence, type PairEvidence, requestWeight } from './fit-evidence.ts';
import type { LatencyCurve } from './latency-curve.ts';
import type { QuantifierSettings } from './options.ts';
import { priorCurve } from './prior-curve.ts';
import { SATURATED } from './utilizations.ts';

export type DemandSource = 'measured-cpu' | 'curvature' | 'bound';

/** What is known of one chain at one service. */
export interface PairModel {
  readonly source: 'prior' | 'fitted';
  readonly curve: LatencyCurve;
  readonly demandCoreSeconds: number;
  /** See `leastCpuFor`. */
  readonly leastCpu: number;
  /** Without age: see `agedConfidence`. */
  readonly confidence: number;
  /** 1.4826 · median |log residual|; NaN for a prior. */
  readonly spread: number;
  /** Standard error of `queueingSeconds` in a free fit, s; NaN for a prior, Infinity when the data do not tell it. */
  readonly queueingError: number;
  readonly windows: number;
  readonly utilizationRange: readonly [number, number];
  /** Cores of one instance in the newest of these windows. */
  readonly latestCpu: number;
}

export type PairNeed = Pick<PairModel, 'demandCoreSeconds' | 'leastCpu'>;

export interface PairFitContext {
  readonly evidence: FitEvidence;
  readonly settings: QuantifierSettings;
  /** ρ of every window. */
  readonly utilization: Float64Array;
  /** ρ^k/(u^η·(1−ρ)) of every window. */
  readonly terms: Float64Array;
  /** b/(a·u^η) of a prior. */
  readonly queueingRatio: number;
  readonly exponent: number;
  readonly verticalExponent: number;
  /** ℓ: see `leak.ts`. */
  readonly leak: number;
}

/**
 * No service is believed to keep its latency up to saturation: queueing is at least this share of the floor, or adds
 * that share at the highest load seen where that would add more: it must not contradict what was seen there.
 */
const LEAST_QUEUEING = 0.05;

/** The curve of a pair; undefined as long as it has no window with a usable latency. */
export function fitPair(context: PairFitContext, pair: PairEvidence, need: PairNeed): PairModel | undefined {
  if (pair.priorRows.length === 0) return undefined;
  const { evidence, utilization, queueingRatio, exponent, verticalExponent } = context;
  const prior = withQueueing(
    priorCurve(evidence, pair, utilization, queueingRatio, exponent, verticalExponent),
    highestTerm(context, pair),
  );
  const data = observe(context, pair);
  const isFitted = data.count >= context.settings.minWindows;
  const fit = isFitted ? fitTowards(prior, data) : undefined;
  const source = isFitted ? 'fitted' : 'prior';
  const utilizationRange = rangeOf(pair.priorRows, utilization);
  const spread = fit?.spread ?? Number.NaN;
  const effectiveWindows = effectiveCount(evidence, pair);
  return {
    source,
    curve:
      fit === undefined ? prior : withQueueing({ ...prior, ...curveOf(fit) }, highestTerm(context, pair)),
    ...need,
    confidence: confidenceOf({ source, effectiveWindows, utilizationRange, spread }),
    spread,
    queueingError: fit?.queueingError ?? Number.NaN,
    windows: isFitted ? data.count : pair.priorRows.length,
    utilizationRange,
    latestCpu: evidence.cpus[pair.priorRows.at(-1)!]!,
  };
}

/** The windows that a curve can be fitted to: those that are not saturated. */
function observe(context: PairFitContext, pair: PairEvidence): CurveObservations {
  const { rows } = pair;
  const terms = new Float64Array(rows.length);
  const offsets = new Float64Array(rows.length);
  const latencies = new Float64Array(rows.length);
  const weights = new Float64Array(rows.length);
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (context.utilization[row]! >= SATURATED) continue;
    terms[count] = context.terms[row]!;
    offsets[count] = context.leak * pair.callerWaits[i]!;
    latencies[count] = pair.latencies[i]!;
    weights[count++] = pair.weights[i]!;
  }
  return { terms, offsets, latencies, weights, count };
}

/**
 * The fitted curve that is nearest to the prior among those that the data do not contradict: `queueing` moves from
 * the prior's value to within one standard error of the free fit, and the floor follows. Where the load range is too
 * narrow to tell floor from queueing the error is large and the prior's shape stays, anchored at the latency seen.
 */
function fitTowards(prior: LatencyCurve, data: CurveObservations): CurveFit {
  const scratch = new Float64Array(data.count);
  const free = fitCurve(data, prior, scratch);
  const low = free.queueingSeconds - free.queueingError;
  const high = free.queueingSeconds + free.queueingError;
  const queueing = Math.min(high, Math.max(low, prior.queueingSeconds));
  if (queueing === free.queueingSeconds) return free;
  return fitCurve(data, free, scratch, { fixedQueueing: queueing, fixedSpread: free.spread });
}

function curveOf({ floorSeconds, queueingSeconds }: CurveFit) {
  return { floorSeconds, queueingSeconds };
}

function withQueueing(curve: LatencyCurve, highestTerm: number): LatencyCurve {
  const least = (LEAST_QUEUEING * curve.floorSeconds) / Math.max(1, highestTerm);
  return { ...curve, queueingSeconds: Math.max(curve.queueingSeconds, least) };
}

/** Queueing term at the highest load that a curve can be fitted to. */
function highestTerm({ terms, utilization }: PairFitContext, pair: PairEvidence): number {
  let highest = 0;
  for (const row of pair.priorRows) {
    if (utilization[row]! < SATURATED) highest = Math.max(highest, terms[row]!);
  }
  return highest;
}

function rangeOf(rows: Int32Array, utilization: Float64Array): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const i of rows) {
    low = Math.min(low, utilization[i]!);
    high = Math.max(high, utilization[i]!);
  }
  return [low, high];
}

function effectiveCount(evidence: FitEvidence, pair: PairEvidence): number {
  let count = 0;
  for (const i of pair.priorRows) {
    count += evidence.ageWeights[i]! * requestWeight(pair.columns.requests[i]!);
  }
  return count;
}
