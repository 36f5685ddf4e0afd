/** What else could be fitted to the same windows. */
import type { Predict, Row, ServiceRows } from './measured-windows.ts';

const FITTED_REQUESTS = 20;

export type Point = readonly [load: number, latency: number];

/** A model that knows one pair's load and latency alone. */
export function baseline(
  train: readonly ServiceRows[],
  makeModel: (points: readonly Point[]) => (load: number) => number,
  load: (row: Row, window: ServiceRows) => number,
): Predict {
  const points = new Map<string, Point[]>();
  for (const window of train) {
    for (const row of window.rows.filter((candidate) => Number(candidate['requests']) >= FITTED_REQUESTS)) {
      const key = `${window.service} ${row['chain']}`;
      points.set(key, [...(points.get(key) ?? []), [load(row, window), Number(row['exclusive_p95_s'])]]);
    }
  }
  const fitted = new Map([...points].map(([key, values]) => [key, makeModel(values)]));
  return (window, chain) => {
    const row = window.rows.find((candidate) => candidate['chain'] === chain)!;
    return fitted.get(`${window.service} ${chain}`)?.(load(row, window)) ?? Number.NaN;
  };
}

/** The original framework's rule: the average latency at loads within 20 %, else at the nearest load. */
export function meanOfSimilar(points: readonly Point[]): (load: number) => number {
  return (load) => {
    const similar = points.filter(([other]) => Math.abs(other - load) <= 0.2 * load);
    const nearest = [...points].sort((a, b) => Math.abs(a[0] - load) - Math.abs(b[0] - load)).slice(0, 1);
    return mean((similar.length > 0 ? similar : nearest).map(([, latency]) => latency));
  };
}

/** Two lines that meet (Luo et al., "Erms", ASPLOS 2023, section 3): least relative squares, the knee by search. */
export function piecewiseLinear(points: readonly Point[]): (load: number) => number {
  const knees = points.map(([load]) => load);
  const fits = knees.map((knee) => {
    const basis = (load: number) => [1, load, Math.max(0, load - knee)];
    const weights = leastRelativeSquares(points, basis);
    return { basis, weights, loss: relativeLoss(points, basis, weights) };
  });
  const best = fits.reduce((a, b) => (b.loss < a.loss ? b : a));
  return (load) => Math.max(1e-4, dot(best.basis(load), best.weights));
}

/** a + b·ρ/(1−ρ), least relative squares. */
export function hyperbolic(points: readonly Point[]): (load: number) => number {
  const basis = (load: number) => [1, load / (1 - load)];
  const weights = leastRelativeSquares(points, basis);
  return (load) => Math.max(1e-4, dot(basis(load), weights));
}

/** Normal equations by Gauss-Jordan, with a tiny ridge so that equal loads do no harm. */
function leastRelativeSquares(points: readonly Point[], basis: (load: number) => number[]): number[] {
  const size = basis(0).length;
  const matrix = Array.from({ length: size }, () => new Array<number>(size + 1).fill(0));
  for (const [load, latency] of points) {
    const row = basis(load).map((value) => value / latency);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) matrix[i]![j]! += row[i]! * row[j]!;
      matrix[i]![size]! += row[i]!;
    }
  }
  for (let i = 0; i < size; i++) {
    const pivot = matrix[i]![i]! + 1e-9 * (1 + matrix[i]![i]!);
    matrix[i] = matrix[i]!.map((value) => value / pivot);
    for (let j = 0; j < size; j++) {
      if (j === i) continue;
      const factor = matrix[j]![i]!;
      matrix[j] = matrix[j]!.map((value, k) => value - factor * matrix[i]![k]!);
    }
  }
  return matrix.map((row) => row[size]!);
}

function relativeLoss(
  points: readonly Point[],
  basis: (load: number) => number[],
  weights: number[],
): number {
  return points.reduce((sum, [load, latency]) => sum + (dot(basis(load), weights) / latency - 1) ** 2, 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
