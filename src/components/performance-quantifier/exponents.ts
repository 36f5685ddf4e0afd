/** k and η of a service: how its waiting grows with the load, and how much faster one instance gets with its cores. */
export interface Exponents {
  readonly exponent: number;
  readonly verticalExponent: number;
}

/**
 * What is believed of the k and η of any service: ln k and η normal, independent, around these values. ln k, since from 8 to 12
 * is no more of a change than from 2 to 3.
 */
export interface ExponentBelief extends Exponents {
  /** Of ln k. */
  readonly exponentDeviation: number;
  readonly verticalDeviation: number;
}

/**
 * The values that the data choose among; k below 1 would not be convex. A percentile under a CPU quota keeps its value until the
 * share of visits that are throttled exceeds what it leaves out, and then rises at once: that is a k around 10.
 */
const EXPONENTS = [1, 1.5, 2, 3, 4, 6, 8, 12];
const LOG_EXPONENTS = EXPONENTS.map(Math.log);
const VERTICAL_EXPONENTS = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3];

/** Every pair of values. */
export const GRID: readonly Exponents[] = EXPONENTS.flatMap((exponent) =>
  VERTICAL_EXPONENTS.map((verticalExponent) => ({ exponent, verticalExponent })),
);

/** −log likelihood of the windows of a service at every point of `GRID`, up to a constant. */
export type ExponentScores = Float64Array;

/** Before any service has told anything: of each, and of their common mean. */
const COMMON_DEVIATION = { exponent: 0.7, verticalExponent: 0.5 };
/** How far a service may be from the common mean. */
const OWN_DEVIATION = { exponent: 0.35, verticalExponent: 0.3 };

/** Of a service of which nothing is known and that no other is like. */
export function firstBelief(exponent: number, verticalExponent: number): ExponentBelief {
  return beliefAround({ exponent, verticalExponent });
}

/**
 * The k and η that all services' windows together speak for: empirical Bayes (Robbins 1956; Gelman et al., "Bayesian
 * Data Analysis", chapter 5) with `first` as the belief of the common mean. A service's own values may be
 * somewhat off the common ones, so no service, however sure, counts for more than its own deviation allows.
 */
export function pooledBelief(first: ExponentBelief, scores: Iterable<ExponentScores>): ExponentBelief {
  const common = { ...first, exponentDeviation: COMMON_DEVIATION.exponent };
  const sum = new Float64Array(GRID.length);
  for (const of of scores) addInPlace(sum, smoothed(of));
  return beliefAround(likeliest(sum, { ...common, verticalDeviation: COMMON_DEVIATION.verticalExponent }));
}

/**
 * The k and η that are likeliest under the belief and the windows: moved by the data as far as they can tell. The mode, as
 * the mean would lie above k = 1 for want of anything below it. Between the points of the grid it is that of the parabola
 * through the best one and its neighbours.
 */
export function likeliest(scores: ExponentScores, belief: ExponentBelief): Exponents {
  const total = scores.map((score, i) => score + distance(GRID[i]!, belief));
  const best = total.reduce((least, value, i) => (value < total[least]! ? i : least), 0);
  const columns = VERTICAL_EXPONENTS.length;
  const column = best % columns;
  const row = (best - column) / columns;
  return {
    exponent: Math.exp(vertex(LOG_EXPONENTS, row, (i) => total[i * columns + column]!)),
    verticalExponent: vertex(VERTICAL_EXPONENTS, column, (i) => total[row * columns + i]!),
  };
}

/** The lowest point of the parabola through three values around the least one; that one itself at either end. */
function vertex(axis: readonly number[], at: number, valueAt: (i: number) => number): number {
  const here = axis[at]!;
  const [before, after] = [axis[at - 1], axis[at + 1]];
  if (before === undefined || after === undefined) return here;
  const falling = (valueAt(at - 1) - valueAt(at)) / (here - before);
  const rising = (valueAt(at + 1) - valueAt(at)) / (after - here);
  const bend = (falling + rising) / (after - before);
  if (!(bend > 0)) return here;
  const slope = (rising * (here - before) - falling * (after - here)) / (after - before);
  return Math.min((here + after) / 2, Math.max((before + here) / 2, here - slope / (2 * bend)));
}

function beliefAround(mean: Exponents): ExponentBelief {
  return {
    ...mean,
    exponentDeviation: OWN_DEVIATION.exponent,
    verticalDeviation: OWN_DEVIATION.verticalExponent,
  };
}

/** −log of what a service says of the common mean: its likelihood, widened by how far services differ. */
function smoothed(scores: ExponentScores): ExponentScores {
  const least = scores.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const likelihoods = scores.map((score) => Math.exp(least - score));
  const across = new Float64Array(scores.length);
  const rows = EXPONENTS.length;
  const columns = VERTICAL_EXPONENTS.length;
  for (let row = 0; row < rows; row++) {
    for (let mean = 0; mean < columns; mean++) {
      let sum = 0;
      for (let i = 0; i < columns; i++) {
        sum += VERTICAL_KERNEL[mean * columns + i]! * likelihoods[row * columns + i]!;
      }
      across[row * columns + mean] = sum;
    }
  }
  return likelihoods.map((_, point) => {
    const column = point % columns;
    const mean = (point - column) / columns;
    let sum = Number.MIN_VALUE;
    for (let i = 0; i < rows; i++) sum += KERNEL[mean * rows + i]! * across[i * columns + column]!;
    return -Math.log(sum);
  });
}

/** −log of the belief's density at a point, up to a constant. */
function distance(point: Exponents, belief: ExponentBelief): number {
  const k = Math.log(point.exponent / belief.exponent) / belief.exponentDeviation;
  const eta = (point.verticalExponent - belief.verticalExponent) / belief.verticalDeviation;
  return 0.5 * (k * k + eta * eta);
}

function addInPlace(sum: Float64Array, values: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + values[i]!;
}

function widthAt(axis: readonly number[], value: number): number {
  const i = axis.indexOf(value);
  return ((axis[i + 1] ?? value) - (axis[i - 1] ?? value)) / 2;
}

/** Row after row of a normal density around every value of an axis, as the shares of all its values. */
function kernelOf(axis: readonly number[], deviation: number): Float64Array {
  const rows = axis.map((mean) => {
    const row = axis.map(
      (value) => widthAt(axis, value) * Math.exp(-0.5 * ((value - mean) / deviation) ** 2),
    );
    const sum = row.reduce((total, value) => total + value, 0);
    return row.map((value) => value / sum);
  });
  return Float64Array.from(rows.flat());
}

const KERNEL = kernelOf(LOG_EXPONENTS, OWN_DEVIATION.exponent);
const VERTICAL_KERNEL = kernelOf(VERTICAL_EXPONENTS, OWN_DEVIATION.verticalExponent);
