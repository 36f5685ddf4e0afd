/** The grid of one period that onsets of spikes lie nearest to. */
import { mean } from '../../models/statistics.ts';

/** Onsets are known to about this, s. */
export const RESOLUTION = 0.5;
/** Least squares, and the places that are nearest then. */
const ROUNDS = 3;
/** Two-sided quantiles of Student's t at 99 %, of 1 to 16 degrees of freedom (any table of it). */
const STUDENT_99 = [
  63.657, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.25, 3.169, 3.106, 3.055, 3.012, 2.977, 2.947,
  2.921,
];
/** Before any is seen, onsets are taken to be as far from a grid as they are told; that counts as much as two of them. */
const PRIOR_FREEDOM = 2;

export interface Grid {
  readonly period: number;
  readonly origin: number;
  /** Of the onsets from the grid, s. */
  readonly farthest: number;
  /** Half of the prediction interval of the next onset, s. */
  readonly expected: number;
}

/** Least squares of onsets on whole numbers of periods. */
export function gridOf(onsets: readonly number[], about: number): Grid {
  const meanOnset = mean(onsets);
  let [period, origin] = [about, onsets[0]!];
  let [meanPlace, spread] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const places = onsets.map((onset) => Math.round((onset - origin) / period));
    meanPlace = mean(places);
    spread = places.reduce((sum, place) => sum + (place - meanPlace) ** 2, 0);
    period =
      places.reduce((sum, place, i) => sum + (place - meanPlace) * (onsets[i]! - meanOnset), 0) / spread;
    origin = meanOnset - period * meanPlace;
  }
  const places = onsets.map((onset) => (onset - origin) / period);
  const residuals = places.map((place) => period * Math.abs(place - Math.round(place)));
  const freedom = onsets.length - 2 + PRIOR_FREEDOM;
  const squares = residuals.reduce((sum, residual) => sum + residual ** 2, 0);
  const variance = (squares + PRIOR_FREEDOM * RESOLUTION ** 2) / freedom;
  const next = places.at(-1)! + (places.at(-1)! - places[0]!) / (onsets.length - 1);
  const leverage = 1 + 1 / onsets.length + (next - meanPlace) ** 2 / spread;
  return {
    period,
    origin,
    farthest: Math.max(...residuals),
    expected: STUDENT_99[freedom - 1]! * Math.sqrt(variance * leverage),
  };
}
