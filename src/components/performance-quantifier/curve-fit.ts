import { medianInPlace } from './medians.ts';

/** Observations of one pair: latency y at queueing term x, in logarithms, with weights; the first `count` count. */
export interface CurveObservations {
  readonly terms: Float64Array;
  readonly logLatencies: Float64Array;
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

const MAX_ITERATIONS = 12;
const RELATIVE_CHANGE = 1e-4;
/** Residuals beyond this many spreads count linearly: 95 % efficiency for normal errors (Huber 1981, section 4.5). */
const HUBER = 1.345;
/** A sketch answers within 2 %, and no fit is believed to be better than that. */
const LEAST_SPREAD = 0.02;

/**
 * floor, queueing ≥ 0 that minimise Σ w·huber(log(floor + queueing·x) − log y): relative errors, since latencies span
 * decades, and robust, since some windows are garbage.
 *
 * Iteratively reweighted Gauss-Newton: with ŷ the present curve and r = log(y/ŷ), each step solves the non-negative
 * weighted least squares of (floor + queueing·x)/ŷ on 1 + r. Weights: P. J. Huber, "Robust Statistics", 1981,
 * section 7.8. With `fixedQueueing` only the floor is fitted.
 */
export function fitCurve(
  data: CurveObservations,
  start: { readonly floorSeconds: number; readonly queueingSeconds: number },
  scratch: Float64Array,
  fixedQueueing?: number,
): CurveFit {
  let floor = start.floorSeconds;
  let queueing = fixedQueueing ?? start.queueingSeconds;
  let spread = residualSpread(data, floor, queueing, scratch);
  let queueingError = Number.POSITIVE_INFINITY;
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    const normal = normalEquations(data, floor, queueing, spread);
    const next = fixedQueueing === undefined ? solveBoth(normal) : solveFloor(normal, fixedQueueing);
    const change = Math.abs(next.floor - floor) + Math.abs(next.queueing - queueing);
    const size = floor + queueing;
    floor = next.floor;
    queueing = next.queueing;
    spread = residualSpread(data, floor, queueing, scratch);
    queueingError = spread * Math.sqrt(normal.variance);
    if (change <= RELATIVE_CHANGE * size) break;
  }
  return { floorSeconds: floor, queueingSeconds: queueing, spread, queueingError };
}

/** Σ w·ψ with ψ Huber's loss of the log residuals, linear beyond `bend`; what a demand is judged by. */
export function curveLoss(data: CurveObservations, floor: number, queueing: number, bend: number): number {
  let loss = 0;
  for (let i = 0; i < data.count; i++) {
    const size = Math.abs(data.logLatencies[i]! - Math.log(floor + queueing * data.terms[i]!));
    loss += data.weights[i]! * (size <= bend ? 0.5 * size * size : bend * (size - 0.5 * bend));
  }
  return loss;
}

function residualSpread(
  data: CurveObservations,
  floor: number,
  queueing: number,
  scratch: Float64Array,
): number {
  for (let i = 0; i < data.count; i++) {
    scratch[i] = Math.abs(data.logLatencies[i]! - Math.log(floor + queueing * data.terms[i]!));
  }
  return Math.max(LEAST_SPREAD, 1.4826 * medianInPlace(scratch, data.count));
}

interface NormalEquations {
  readonly floorFloor: number;
  readonly floorQueueing: number;
  readonly queueingQueueing: number;
  readonly floorRight: number;
  readonly queueingRight: number;
  /** Diagonal element of the inverse that belongs to `queueing`. */
  readonly variance: number;
}

function normalEquations(
  data: CurveObservations,
  floor: number,
  queueing: number,
  spread: number,
): NormalEquations {
  const bend = HUBER * spread;
  let floorFloor = 0;
  let floorQueueing = 0;
  let queueingQueueing = 0;
  let floorRight = 0;
  let queueingRight = 0;
  for (let i = 0; i < data.count; i++) {
    const x = data.terms[i]!;
    const inverse = 1 / (floor + queueing * x);
    const residual = data.logLatencies[i]! + Math.log(inverse);
    const size = Math.abs(residual);
    const weight = data.weights[i]! * (size > bend ? bend / size : 1) * inverse;
    const target = 1 + Math.max(-1, Math.min(1, residual));
    floorFloor += weight * inverse;
    floorQueueing += weight * inverse * x;
    queueingQueueing += weight * inverse * x * x;
    floorRight += weight * target;
    queueingRight += weight * target * x;
  }
  const determinant = floorFloor * queueingQueueing - floorQueueing * floorQueueing;
  const isSingular = !(determinant > 1e-12 * floorFloor * queueingQueueing);
  const variance = isSingular ? Number.POSITIVE_INFINITY : floorFloor / determinant;
  return { floorFloor, floorQueueing, queueingQueueing, floorRight, queueingRight, variance };
}

/** The 2 × 2 non-negative problem in closed form: the free minimum, else the better edge. */
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
