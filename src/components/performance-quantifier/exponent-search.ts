import { type CurveStart, fitCurve, relativeResidual } from './curve-fit.ts';
import { type ExponentScores, type Exponents, GRID } from './exponents.ts';
import type { FitEvidence, PairEvidence } from './fit-evidence.ts';
import { LEAKS, type LeakScores } from './leak.ts';
import { medianInPlace } from './medians.ts';
import { SATURATED } from './utilizations.ts';

/** More windows of a pair than this tell hardly more and cost time. */
const MAX_OBSERVATIONS = 64;
/** A pair with fewer cannot be fitted to one half and judged on the other. */
const MIN_OBSERVATIONS = 16;
/** Moves of a curve by less than this hardly change what it predicts. */
const TOLERANCE = 0.003;
/** No curve is believed to predict a percentile better than this. */
const LEAST_ERROR = 0.02;

/** ρ of every window. */
export interface WindowLoads {
  /** With what was measured in it: see `observedUtilizations`. */
  readonly observed: Float64Array;
  /** From its rates alone, as a plan has it. */
  readonly explained: Float64Array;
}

/**
 * How well every k and η predict the windows of a service: the −log likelihood of Cauchy errors, Σ w·ln(1 + (r/s)²) with
 * r the relative residuals and s their median size at the best k and η, so that garbage does not decide. Each half of
 * a pair's windows is predicted from a curve that was fitted to the other half: two-fold
 * cross-validation. Fitted are the observed loads, but predicted is from the explained ones, as a plan does: a curve
 * steeper than those are sure would predict badly.
 *
 * Counted are windows and not rows: what a window has beyond its load (the machine's mood) is the same for all its
 * chains. Undefined when no pair has enough windows.
 */
export function scoreExponents(
  evidence: FitEvidence,
  loads: WindowLoads,
  leak: number,
): ExponentScores | undefined {
  const isOneSize = hasOneSize(evidence);
  const isLikeBefore = (i: number) => isOneSize && GRID[i]!.exponent === GRID[i - 1]?.exponent;
  const searches = searchesOf(evidence.pairs, evidence, loads);
  return scoresOf(searches, GRID, isLikeBefore, (half, exponents) => half.shape(exponents, leak));
}

/** The same for every ℓ, at one k and η; undefined when no pair with a caller has enough windows. */
export function scoreLeaks(
  evidence: FitEvidence,
  loads: WindowLoads,
  exponents: Exponents,
): LeakScores | undefined {
  const called = evidence.pairs.filter(({ callerWaits }) => callerWaits.some((wait) => wait > 0));
  const searches = searchesOf(called, evidence, loads);
  return scoresOf(
    searches,
    LEAKS,
    () => false,
    (half, leak) => half.shape(exponents, leak),
  );
}

function searchesOf(
  pairs: readonly PairEvidence[],
  evidence: FitEvidence,
  loads: WindowLoads,
): readonly Halves[] {
  return pairs.map((pair) => halvesOf(pair, evidence, loads)).filter((halves) => halves !== undefined);
}

function scoresOf<Point>(
  searches: readonly Halves[],
  grid: readonly Point[],
  /** Whether a point predicts the same as the one before. */
  isLikeBefore: (i: number) => boolean,
  shape: (half: Half, point: Point) => void,
): Float64Array | undefined {
  if (searches.length === 0) return undefined;
  const weights = join(searches.flatMap((halves) => halves.map((half) => half.weights)));
  const errors: Float64Array[] = [];
  for (const [i, point] of grid.entries()) {
    const sizes = isLikeBefore(i)
      ? errors[i - 1]!
      : join(searches.flatMap((h) => crossErrors(h, point, shape)));
    errors.push(sizes);
  }
  const scale = Math.max(LEAST_ERROR, Math.min(...errors.map((sizes) => medianInPlace(sizes.slice()))));
  return Float64Array.from(errors, (sizes) => cauchyLoss(sizes, weights, scale) / searches.length);
}

/** Without instances of different sizes all η predict the same. */
function hasOneSize({ cpus }: FitEvidence): boolean {
  return cpus.every((cpu) => Math.abs(cpu / cpus[0]! - 1) < 0.01);
}

/** What either half makes of the other. */
function crossErrors<Point>(
  [even, odd]: Halves,
  point: Point,
  shape: (half: Half, point: Point) => void,
): readonly Float64Array[] {
  shape(even, point);
  shape(odd, point);
  return [even.errorsOf(odd.fit()), odd.errorsOf(even.fit())];
}

function cauchyLoss(sizes: Float64Array, weights: Float64Array, scale: number): number {
  let loss = 0;
  for (let i = 0; i < sizes.length; i++) loss += weights[i]! * Math.log1p((sizes[i]! / scale) ** 2);
  return loss;
}

function join(parts: readonly Float64Array[]): Float64Array {
  const joined = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

type Halves = readonly [Half, Half];

function halvesOf(pair: PairEvidence, evidence: FitEvidence, loads: WindowLoads): Halves | undefined {
  const places: number[] = [];
  for (let i = 0; i < pair.rows.length; i++) if (loads.observed[pair.rows[i]!]! < SATURATED) places.push(i);
  if (places.length < MIN_OBSERVATIONS) return undefined;
  const share = MAX_OBSERVATIONS / places.length;
  const taken = places.filter((place) => fraction(place * GOLDEN) < share);
  const typicalCpu = evidence.cpus[pair.rows[taken[taken.length >> 1]!]!]!;
  const half = (isWanted: (place: number) => boolean) =>
    new Half(taken.filter(isWanted), pair, evidence, loads, typicalCpu);
  return [half((place) => fraction(place * SILVER) < 0.5), half((place) => fraction(place * SILVER) >= 0.5)];
}

/**
 * Multiples of these spread evenly and never fall into step with anything periodic, which taking every other window
 * would (Weyl's equidistribution): sizes and loads that alternate must be in both halves.
 */
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const SILVER = Math.SQRT2 - 1;

function fraction(value: number): number {
  return value - Math.floor(value);
}

/** Half of a pair's windows. */
class Half {
  readonly count: number;
  readonly terms: Float64Array;
  readonly offsets: Float64Array;
  readonly latencies: Float64Array;
  readonly weights: Float64Array;
  private readonly observed: Loads;
  private readonly explained: Loads;
  private readonly expectedTerms: Float64Array;
  private readonly callerWaits: Float64Array;
  private readonly scratch: Float64Array;
  private start: CurveStart;
  private spread: number | undefined;

  /** `typicalCpu`: with sizes relative to it b hardly depends on η, so that each fit starts near its end. */
  constructor(
    places: readonly number[],
    pair: PairEvidence,
    evidence: FitEvidence,
    loads: WindowLoads,
    typicalCpu: number,
  ) {
    const rows = places.map((place) => pair.rows[place]!);
    this.count = rows.length;
    this.observed = new Loads(rows, evidence, loads.observed, typicalCpu);
    this.explained = new Loads(rows, evidence, loads.explained, typicalCpu);
    this.terms = new Float64Array(this.count);
    this.expectedTerms = new Float64Array(this.count);
    this.offsets = new Float64Array(this.count);
    this.callerWaits = Float64Array.from(places, (place) => pair.callerWaits[place]!);
    this.latencies = Float64Array.from(places, (place) => pair.latencies[place]!);
    this.weights = Float64Array.from(places, (place) => pair.weights[place]!);
    this.scratch = new Float64Array(this.count);
    this.start = { floorSeconds: this.latencies[0]! / 2, queueingSeconds: this.latencies[0]! / 2 };
  }

  /** Takes on other exponents and another leak. */
  shape(exponents: Exponents, leak: number): void {
    for (let i = 0; i < this.count; i++) this.offsets[i] = leak * this.callerWaits[i]!;
    this.observed.writeTerms(exponents, this.terms);
    this.explained.writeTerms(exponents, this.expectedTerms);
  }

  /** Each fit starts from the one before; what is garbage is told by the spread of the first. */
  fit(): CurveStart {
    const fit = fitCurve(this, this.start, this.scratch, {
      tolerance: TOLERANCE,
      ...(this.spread !== undefined && { fixedSpread: this.spread }),
    });
    this.spread = fit.spread;
    if (fit.floorSeconds > 0 && fit.queueingSeconds > 0) this.start = fit;
    return fit;
  }

  /** Sizes of the relative residuals against a curve. */
  errorsOf({ floorSeconds, queueingSeconds }: CurveStart): Float64Array {
    return this.latencies.map((latency, i) =>
      Math.abs(
        relativeResidual(latency, floorSeconds + queueingSeconds * this.expectedTerms[i]! + this.offsets[i]!),
      ),
    );
  }
}

/** Loads and sizes of windows, ready for terms of any exponents. */
class Loads {
  private readonly logLoads: Float64Array;
  private readonly logCpus: Float64Array;
  private readonly idles: Float64Array;

  constructor(rows: readonly number[], evidence: FitEvidence, utilization: Float64Array, typicalCpu: number) {
    const loads = rows.map((row) => Math.min(SATURATED, utilization[row]!));
    this.logLoads = Float64Array.from(loads, Math.log);
    this.idles = Float64Array.from(loads, (rho) => 1 - rho);
    this.logCpus = Float64Array.from(rows, (row) => Math.log(evidence.cpus[row]! / typicalCpu));
  }

  writeTerms({ exponent, verticalExponent }: Exponents, into: Float64Array): void {
    for (let i = 0; i < into.length; i++) {
      const log = exponent * this.logLoads[i]! - verticalExponent * this.logCpus[i]!;
      into[i] = Math.exp(log) / this.idles[i]!;
    }
  }
}
