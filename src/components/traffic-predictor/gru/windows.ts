import type { ChainSeries } from '../../../models/metrics.ts';

/** The part of a series that the network sees. */
export type SeriesColumns = Pick<ChainSeries, 'rates' | 'latencies' | 'errorRatios'>;

/** How one window is normalised: rate = anchor + scale · number. All in requests/s. */
export interface WindowScale {
  readonly anchor: number;
  readonly scale: number;
  /** Mean rate of the window, with gaps filled. */
  readonly mean: number;
}

/** A window must know at least this share of its steps. */
const LEAST_KNOWN = 0.5;
/** The scale is at least this share of the mean rate, so that a nearly constant series does not explode. */
const LEAST_RELATIVE_SCALE = 1e-3;
/** Larger inputs are cut: a burst must not drown the rest of the window. */
const LARGEST_INPUT = 20;
/** Inputs are this much smaller than targets, so that they lie where gates still react. */
const INPUT_UNIT = 2;
/** Fading weight of the newest step in the anchor. */
const ANCHOR_WEIGHT = 0.5;

/**
 * Writes the window that ends at `origin` (included) as `steps` rows of `features` numbers, and answers its scale.
 * The scale is the mean absolute step of the window, the anchor a short moving average at its end: so the numbers do
 * not change when the series is scaled or shifted, and the network learns shapes that hold for every chain. Gaps take
 * the last known value. Undefined when the window is too short, knows less than half of its steps, or is constant.
 */
export function writeWindow(
  series: SeriesColumns,
  origin: number,
  steps: number,
  features: number,
  out: Float32Array,
  offset: number,
): WindowScale | undefined {
  const first = origin - steps + 1;
  const filled = filledWindow(series.rates, first, origin);
  const scale = filled === undefined ? undefined : scaleOf(filled);
  if (filled === undefined || scale === undefined) return undefined;
  for (let i = 0; i < steps; i++) {
    out[offset + i * features] = clamp((filled[i]! - scale.anchor) / scale.scale, LARGEST_INPUT) / INPUT_UNIT;
  }
  if (features > 1) writeLatencies(series.latencies, first, steps, features, out, offset + 1);
  if (features > 2) writeErrorRatios(series.errorRatios, first, steps, features, out, offset + 2);
  return scale;
}

/** The scale alone of the window that `writeWindow` would write. */
export function windowScale(rates: Float64Array, origin: number, steps: number): WindowScale | undefined {
  const filled = filledWindow(rates, origin - steps + 1, origin);
  return filled === undefined ? undefined : scaleOf(filled);
}

/** Undefined when it begins before the series or knows less than half of its steps. */
function filledWindow(rates: Float64Array, first: number, last: number): Float64Array | undefined {
  if (first < 0 || knownSteps(rates, first, last) < LEAST_KNOWN * (last - first + 1)) return undefined;
  return fill(rates, first, last);
}

function knownSteps(values: Float64Array, first: number, last: number): number {
  let known = 0;
  for (let t = first; t <= last; t++) if (!Number.isNaN(values[t])) known += 1;
  return known;
}

/** Gaps take the last known value; those before the first known one take that. There is a known one. */
function fill(values: Float64Array, first: number, last: number): Float64Array {
  const filled = values.slice(first, last + 1);
  let known = filled.find((value) => !Number.isNaN(value)) ?? 0;
  for (let i = 0; i < filled.length; i++) {
    if (Number.isNaN(filled[i])) filled[i] = known;
    known = filled[i]!;
  }
  return filled;
}

function scaleOf(filled: Float64Array): WindowScale | undefined {
  let anchor = filled[0]!;
  let steps = 0;
  let sum = filled[0]!;
  for (let i = 1; i < filled.length; i++) {
    anchor += ANCHOR_WEIGHT * (filled[i]! - anchor);
    steps += Math.abs(filled[i]! - filled[i - 1]!);
    sum += filled[i]!;
  }
  if (!(steps > 0)) return undefined;
  const mean = sum / filled.length;
  return { anchor, scale: Math.max(steps / (filled.length - 1), LEAST_RELATIVE_SCALE * mean), mean };
}

/** Mean latency as the logarithm of its ratio to the window's geometric mean; unknown is 0. */
function writeLatencies(
  latencies: Float64Array,
  first: number,
  steps: number,
  stride: number,
  out: Float32Array,
  offset: number,
): void {
  let sum = 0;
  let known = 0;
  for (let i = 0; i < steps; i++) {
    const latency = latencies[first + i]!;
    if (!isLatency(latency)) continue;
    sum += Math.log(latency);
    known += 1;
  }
  for (let i = 0; i < steps; i++) {
    const latency = latencies[first + i]!;
    out[offset + i * stride] = isLatency(latency) ? clamp(Math.log(latency) - sum / known, 5) : 0;
  }
}

function isLatency(seconds: number): boolean {
  return seconds > 0 && seconds < Number.POSITIVE_INFINITY;
}

/** The share of failed requests as its square root, which spreads the small ones; unknown is 0. */
function writeErrorRatios(
  ratios: Float64Array,
  first: number,
  steps: number,
  stride: number,
  out: Float32Array,
  offset: number,
): void {
  for (let i = 0; i < steps; i++) {
    const ratio = ratios[first + i]!;
    out[offset + i * stride] = ratio > 0 ? Math.sqrt(Math.min(1, ratio)) : 0;
  }
}

function clamp(value: number, bound: number): number {
  return Math.max(-bound, Math.min(bound, value));
}

/**
 * Writes the normalised rates of the `horizon` steps after `origin` and, beside them, 1 where they are known and 0
 * where not (their value is then 0 and nothing is learned from it). Answers whether any is known.
 */
export function writeTargets(
  rates: Float64Array,
  origin: number,
  horizon: number,
  scale: WindowScale,
  out: Float32Array,
  mask: Float32Array,
  offset: number,
): boolean {
  let any = false;
  for (let h = 1; h <= horizon; h++) {
    const rate = rates[origin + h] ?? Number.NaN;
    const known = !Number.isNaN(rate);
    out[offset + h - 1] = known ? (rate - scale.anchor) / scale.scale : 0;
    mask[offset + h - 1] = known ? 1 : 0;
    any ||= known;
  }
  return any;
}
