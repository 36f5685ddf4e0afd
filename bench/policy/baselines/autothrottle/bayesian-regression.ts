/** Normal prior of a coefficient. */
export interface CoefficientPrior {
  readonly mean: number;
  readonly deviation: number;
}

export interface Prediction {
  readonly mean: number;
  /** Standard deviation of one new observation: noise and doubt about the coefficients. */
  readonly deviation: number;
}

/** How many observations the noise that is assumed at first weighs. */
const NOISE_WEIGHT = 6;

/**
 * Linear regression with independent normal priors of the coefficients. The noise is estimated from the residuals of a
 * first fit, together with what was assumed. (Bishop, Pattern Recognition and Machine Learning, 3.3: eqs. 3.50, 3.51, 3.59.)
 */
export class BayesianRegression {
  readonly #priors: readonly CoefficientPrior[];
  readonly #assumedNoise: number;
  #coefficients: number[];
  #covariance: number[][];
  #noise: number;

  constructor(priors: readonly CoefficientPrior[], assumedNoise: number) {
    this.#priors = priors;
    this.#assumedNoise = assumedNoise;
    this.#noise = assumedNoise;
    this.#coefficients = priors.map(({ mean }) => mean);
    this.#covariance = priors.map(({ deviation }, i) => priors.map((_, j) => (i === j ? deviation ** 2 : 0)));
  }

  fit(rows: readonly (readonly number[])[], observed: readonly number[]): void {
    this.#solve(rows, observed, this.#assumedNoise);
    const squares = rows.reduce((sum, row, i) => sum + (observed[i]! - dot(row, this.#coefficients)) ** 2, 0);
    const assumed = NOISE_WEIGHT * this.#assumedNoise ** 2;
    this.#noise = Math.sqrt((assumed + squares) / (NOISE_WEIGHT + rows.length));
    this.#solve(rows, observed, this.#noise);
  }

  predict(row: readonly number[]): Prediction {
    const doubt = dot(
      row,
      this.#covariance.map((line) => dot(line, row)),
    );
    return {
      mean: dot(row, this.#coefficients),
      deviation: Math.sqrt(this.#noise ** 2 + Math.max(0, doubt)),
    };
  }

  #solve(rows: readonly (readonly number[])[], observed: readonly number[], noise: number): void {
    const precision = this.#priors.map(({ deviation }, i) =>
      this.#priors.map(
        (_, j) =>
          (i === j ? deviation ** -2 : 0) +
          rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0) / noise ** 2,
      ),
    );
    const weighted = this.#priors.map(
      ({ mean, deviation }, i) =>
        mean / deviation ** 2 + rows.reduce((sum, row, k) => sum + row[i]! * observed[k]!, 0) / noise ** 2,
    );
    this.#covariance = inverse(precision);
    this.#coefficients = this.#covariance.map((line) => dot(line, weighted));
  }
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/** Inverse of a symmetric positive definite matrix, by Gauss and Jordan; no pivoting is needed for those. */
function inverse(matrix: readonly (readonly number[])[]): number[][] {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let pivot = 0; pivot < size; pivot++) {
    const scale = rows[pivot]![pivot]!;
    rows[pivot] = rows[pivot]!.map((value) => value / scale);
    for (let i = 0; i < size; i++) {
      if (i === pivot) continue;
      const factor = rows[i]![pivot]!;
      rows[i] = rows[i]!.map((value, j) => value - factor * rows[pivot]![j]!);
    }
  }
  return rows.map((row) => row.slice(size));
}
