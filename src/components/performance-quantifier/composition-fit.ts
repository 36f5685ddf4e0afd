import type { Composition } from '../../models/profiles.ts';
import { weightedMedian } from './medians.ts';

/** One window: end-to-end percentile against the critical path of the services' percentiles, s. */
export interface CompositionSample {
  readonly startSeconds: number;
  readonly endToEndSeconds: number;
  readonly pathSeconds: number;
  readonly requests: number;
}

export const DEFAULT_COMPOSITION: Composition = { factor: 1, overheadSeconds: 0, windows: 0 };

const MIN_WINDOWS = 3;
const LOWEST_FACTOR = 0.3;
const HIGHEST_FACTOR = 3;
const ITERATIONS = 20;
const HUBER = 1.345;
const LEAST_SPREAD = 0.02;
/** How many windows the belief "no time outside the services" weighs. */
const OVERHEAD_RIDGE = 1;

/**
 * γ in [0.3, 3] and δ ≥ 0 of `endToEnd = γ·path + δ` from windows with weights; the default with fewer than three.
 *
 * Relative residuals with Huber weights (P. J. Huber, "Robust Statistics", 1981, section 7.8), and a weak ridge on δ
 * in units of the median latency: when all windows have about the same path, the two cannot be told apart and the
 * whole ratio is taken for γ.
 */
export function fitComposition(
  samples: readonly CompositionSample[],
  weights: readonly number[],
): Composition {
  if (samples.length < MIN_WINDOWS) return DEFAULT_COMPOSITION;
  const ratios = samples.map(({ endToEndSeconds, pathSeconds }) => endToEndSeconds / pathSeconds);
  const typical = weightedMedian(
    samples.map((sample) => sample.endToEndSeconds),
    weights,
  );
  let factor = clampFactor(weightedMedian(ratios, weights));
  let overhead = factor === HIGHEST_FACTOR ? overheadFor(factor, samples, weights) : 0;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const robust = robustWeights(samples, weights, factor, overhead);
    const next = solve(samples, robust, typical);
    const change = Math.abs(next.factor - factor);
    ({ factor, overhead } = next);
    if (change < 1e-6) break;
  }
  const spread = spreadOf(residualSizes(samples, factor, overhead), weights);
  return { factor, overheadSeconds: overhead, windows: samples.length, spread };
}

function robustWeights(
  samples: readonly CompositionSample[],
  weights: readonly number[],
  factor: number,
  overhead: number,
): number[] {
  const sizes = residualSizes(samples, factor, overhead);
  const bend = HUBER * Math.max(LEAST_SPREAD, spreadOf(sizes, weights));
  return sizes.map((size, i) => weights[i]! * (size > bend ? bend / size : 1));
}

function residualSizes(samples: readonly CompositionSample[], factor: number, overhead: number): number[] {
  return samples.map((s) => Math.abs((factor * s.pathSeconds + overhead) / s.endToEndSeconds - 1));
}

function spreadOf(sizes: readonly number[], weights: readonly number[]): number {
  return 1.4826 * weightedMedian(sizes, weights);
}

/** Weighted least squares of (γ·path + δ)/endToEnd on 1, inside the bounds. */
function solve(
  samples: readonly CompositionSample[],
  weights: readonly number[],
  typical: number,
): { factor: number; overhead: number } {
  let pathPath = 0;
  let pathOne = 0;
  let oneOne = OVERHEAD_RIDGE / (typical * typical);
  let pathRight = 0;
  let oneRight = 0;
  for (let i = 0; i < samples.length; i++) {
    const { endToEndSeconds, pathSeconds } = samples[i]!;
    const weight = weights[i]!;
    const path = pathSeconds / endToEndSeconds;
    const one = 1 / endToEndSeconds;
    pathPath += weight * path * path;
    pathOne += weight * path * one;
    oneOne += weight * one * one;
    pathRight += weight * path;
    oneRight += weight * one;
  }
  const determinant = pathPath * oneOne - pathOne * pathOne;
  const free = (oneOne * pathRight - pathOne * oneRight) / determinant;
  const overhead = (pathPath * oneRight - pathOne * pathRight) / determinant;
  if (!(overhead >= 0)) return { factor: clampFactor(pathRight / pathPath), overhead: 0 };
  const factor = clampFactor(free);
  return factor === free
    ? { factor, overhead }
    : { factor, overhead: Math.max(0, (oneRight - pathOne * factor) / oneOne) };
}

function overheadFor(
  factor: number,
  samples: readonly CompositionSample[],
  weights: readonly number[],
): number {
  const rests = samples.map(({ endToEndSeconds, pathSeconds }) => endToEndSeconds - factor * pathSeconds);
  return Math.max(0, weightedMedian(rests, weights));
}

function clampFactor(factor: number): number {
  return Math.min(HIGHEST_FACTOR, Math.max(LOWEST_FACTOR, factor));
}
