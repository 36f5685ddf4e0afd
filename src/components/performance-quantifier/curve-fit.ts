import { medianInPlace } from './medians.ts';

/** Observations of one pair: latency, s, at each queueing term, with weights; the first `count` count. */
export interface CurveObservations {
  readonly terms: Float64Array;
  /** Part of each latency that is known beforehand, s. */
  readonly offsets: Float64Array;
  readonly latencies: Float64Array;
  readonly weights: Float64Array;
  readonly count: number;
}

export interface CurveFit {
  readonly floorSeconds: number;
  readonly queueingSeconds: number;
  /** 1.4826 · median |log residual|: the standard deviation if the residuals were normal. */
  readonly spread: number;
  /** Standard error of `queueingSeconds`, s; Infinity when the data do not determine it. */
  readonly queueingError: number;
}

export interface CurveStart {
  readonly floorSeconds: number;
  readonly queueingSeconds: number;
}

export interface CurveFitOptions {
  /** A fit is settled when nothing moves by more than this share. Default 0.001. */
  readonly tolerance?: number;
  /** Fits the floor alone, with this `queueing`. */
  readonly fixedQueueing?: number;
  /** Spread that garbage is told by; default: what the residuals have. */
  readonly fixedSpread?: number;
}

const MAX_ITERATIONS = 12;
/** The spread is settled after so many iterations. */
const SPREAD_ITERATIONS = 3;
const RELATIVE_CHANGE = 1e-3;
/** Residuals beyond this many spreads count linearly: 95 % efficiency for normal errors (Huber 1981, section 4.5). */
const HUBER = 1.345;
/** A sketch answers within 2 %, and no fit is believed to be better than that. */
const LEAST_SPREAD = 0.02;

/**
 * floor, queueing ≥ 0 that minimise Σ w·huber(r) with r the relative residual of y against ŷ = floor + queueing·x + o
 * (see `relativeResidual`): relative, since latencies span decades, and robust, since some windows are garbage.
 *
 * Iteratively reweighted Gauss-Newton: each step solves the non-negative weighted least squares of
 * (floor + queueing·x)/ŷ on 1 + r − o/ŷ. Weights: P. J. Huber, "Robust Statistics", 1981, section 7.8.
 * `scratch` has room for all observations.
 */
export function fitCurve(
  data: CurveObservations,
  start: CurveStart,
  scratch: Float64Array,
  { fixedQueueing, fixedSpread, tolerance = RELATIVE_CHANGE }: CurveFitOptions = {},
): CurveFit {
  let floor = start.floorSeconds;
  let queueing = fixedQueueing ?? start.queueingSeconds;
  let spread = fixedSpread ?? Number.NaN;
  let variance = Number.POSITIVE_INFINITY;
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    if (fixedSpread === undefined && iteration < SPREAD_ITERATIONS) {
      spread = residualSpread(data, floor, queueing, scratch);
    }
    const normal = normalEquations(data, floor, queueing, HUBER * spread);
    const next = fixedQueueing === undefined ? solveBoth(normal) : solveFloor(normal, fixedQueueing);
    const isSettled =
      Math.abs(next.floor - floor) <= tolerance * floor &&
      Math.abs(next.queueing - queueing) <= tolerance * queueing;
    floor = next.floor;
    queueing = next.queueing;
    variance = normal.variance;
    if (isSettled) break;
  }
  if (fixedSpread === undefined) spread = residualSpread(data, floor, queueing, scratch);
  return {
    floorSeconds: floor,
    queueingSeconds: queueing,
    spread,
    queueingError: spread * Math.sqrt(variance),
  };
}

/** Σ w·huber(r), linear beyond `HUBER · spread`: what `fitCurve` minimises with that fixed spread. */
export function curveLoss(data: CurveObservations, curve: CurveStart, spread: number): number {
  const bend = HUBER * spread;
  let loss = 0;
  for (let i = 0; i < data.count; i++) {
    const expected = curve.floorSeconds + curve.queueingSeconds * data.terms[i]! + data.offsets[i]!;
    const size = Math.abs(relativeResidual(data.latencies[i]!, expected));
    loss += data.weights[i]! * (size <= bend ? 0.5 * size * size : bend * (size - 0.5 * bend));
  }
  return loss;
}

/**
 * 2·(y − ŷ)/(y + ŷ) = 2·tanh(log(y/ŷ)/2): within 1 % of log(y/ŷ) up to a third, symmetric in it, at most ±2 for
 * garbage, and several times faster.
 */
export function relativeResidual(latency: number, expected: number): number {
  return (2 * (latency - expected)) / (latency + expected);
}

/**
 * Weight that makes errors count halfway between those of the logarithm and those relative to what was measured, |ŷ/y − 1|,
 * which is what a prediction is judged by: nearly sqrt(ŷ/y). Residuals have a long tail upwards, brief
 * stalls of the machine that no load explains, and a curve through their median would be too high for most windows.
 * Without scatter it makes no difference.
 */
function towardsRelative(latency: number, expected: number): number {
  return (latency + 3 * expected) / (3 * latency + expected);
}

function residualSpread(
  data: CurveObservations,
  floor: number,
  queueing: number,
  scratch: Float64Array,
): number {
  const { terms, offsets, latencies, count } = data;
  for (let i = 0; i < count; i++) {
    scratch[i] = Math.abs(relativeResidual(latencies[i]!, floor + queueing * terms[i]! + offsets[i]!));
  }
  return Math.max(LEAST_SPREAD, 1.4826 * medianInPlace(scratch, count));
}

interface NormalEquations {
  readonly floorFloor: number;
  readonly floorQueueing: number;
  readonly queueingQueueing: number;
  readonly floorRight: number;
  readonly queueingRight: number;
  /** Diagonal element of the inverse that belongs to `queueing`; Infinity when the matrix is singular. */
  readonly variance: number;
}

function normalEquations(
  data: CurveObservations,
  floor: number,
  queueing: number,
  bend: number,
): NormalEquations {
  const { terms, offsets, latencies, weights, count } = data;
  let floorFloor = 0;
  let floorQueueing = 0;
  let queueingQueueing = 0;
  let floorRight = 0;
  let queueingRight = 0;
  for (let i = 0; i < count; i++) {
    const x = terms[i]!;
    const expected = floor + queueing * x + offsets[i]!;
    const latency = latencies[i]!;
    const residual = relativeResidual(latency, expected);
    const size = Math.abs(residual);
    const inverse = 1 / expected;
    const weight =
      weights[i]! * (size > bend ? bend / size : 1) * inverse * towardsRelative(latency, expected);
    const known = offsets[i]! * inverse;
    const target = weight * (1 + Math.max(-0.9, Math.min(1, residual)) - known);
    const weighted = weight * inverse;
    floorFloor += weighted;
    floorQueueing += weighted * x;
    queueingQueueing += weighted * x * x;
    floorRight += target;
    queueingRight += target * x;
  }
  const determinant = floorFloor * queueingQueueing - floorQueueing * floorQueueing;
  const isSingular = !(determinant > 1e-12 * floorFloor * queueingQueueing);
  const variance = isSingular ? Number.POSITIVE_INFINITY : floorFloor / determinant;
  return { floorFloor, floorQueueing, queueingQueueing, floorRight, queueingRight, variance };
}

/** The 2 × 2 non-negative problem in closed form: the free minimum, else the edge that it lies beyond. */
function solveBoth(n: NormalEquations): { floor: number; queueing: number } {
  if (n.variance === Number.POSITIVE_INFINITY) return { floor: n.floorRight / n.floorFloor, queueing: 0 };
  const determinant = n.floorFloor / n.variance;
  const floor = (n.queueingQueueing * n.floorRight - n.floorQueueing * n.queueingRight) / determinant;
  const queueing = (n.floorFloor * n.queueingRight - n.floorQueueing * n.floorRight) / determinant;
  if (floor < 0) return { floor: 0, queueing: n.queueingRight / n.queueingQueueing };
  if (queueing < 0) return { floor: n.floorRight / n.floorFloor, queueing: 0 };
  return { floor, queueing };
}

function solveFloor(n: NormalEquations, queueing: number): { floor: number; queueing: number } {
  return { floor: Math.max(0, (n.floorRight - n.floorQueueing * queueing) / n.floorFloor), queueing };
}
