/**
 * When spikes come, where they come by a clock: jobs that start every few minutes, or at some of such times. All onsets lie on
 * a grid of one period, and by chance they would not.
 */
import type { Spike } from './spike-watch.ts';

/** Spikes that a grid is told from: all that are remembered, or the latest alone, and at least so many. */
const LATEST = 6;
const FEWEST = 4;
/** A period is at most so many times shorter than the shortest time between two of them. */
const MOST_PARTS = 8;
/** With shorter periods there is no time between two spikes to give anything back, s. */
const LEAST_PERIOD = 45;
/** Onsets are known to about this, s. */
const RESOLUTION = 0.5;
/** Largest chance that onsets at any times lie as near to a grid. */
const SIGNIFICANCE = 0.01;
/** Of a period, what onsets may be away from the grid. */
const NARROW = 0.15;
/** Sooner than after this share of the shortest time between two spikes none comes. */
const SOONEST = 0.5;

export interface SpikeSchedule {
  readonly periodSeconds: number;
  /** An onset on the grid, s since the epoch. */
  readonly originSeconds: number;
  /** Onsets were so near to the grid, s. */
  readonly toleranceSeconds: number;
  /** Shortest time between two spikes, s. */
  readonly shortestSeconds: number;
  /** Largest rate of all, requests/s. */
  readonly peak: number;
}

/** Undefined where onsets may well be at any times. */
export function scheduleOf(spikes: readonly Spike[]): SpikeSchedule | undefined {
  return gridded(spikes) ?? (spikes.length > LATEST ? gridded(spikes.slice(-LATEST)) : undefined);
}

function gridded(spikes: readonly Spike[]): SpikeSchedule | undefined {
  const onsets = spikes.filter(isExact).map(({ onsetSeconds }) => onsetSeconds);
  if (spikes.length < FEWEST || onsets.length < FEWEST - 1) return undefined;
  const shortest = Math.min(...onsets.slice(1).map((onset, i) => onset - onsets[i]!));
  for (let parts = 1; parts <= MOST_PARTS && shortest / parts >= LEAST_PERIOD; parts++) {
    const grid = gridOf(onsets, shortest / parts);
    const toleranceSeconds = grid.farthest + RESOLUTION;
    const schedule: SpikeSchedule = {
      periodSeconds: grid.period,
      originSeconds: grid.origin,
      toleranceSeconds,
      shortestSeconds: shortest,
      peak: Math.max(...spikes.map(({ peak }) => peak)),
    };
    if (toleranceSeconds < NARROW * grid.period && isSignificant(schedule, spikes, parts)) return schedule;
  }
  return undefined;
}

/**
 * Whether onsets at any times are unlikely to lie so near to a grid. Two numbers are fitted, the other exact onsets are near by
 * chance; and every period that is tried is another one.
 */
function isSignificant(schedule: SpikeSchedule, spikes: readonly Spike[], parts: number): boolean {
  const { toleranceSeconds, shortestSeconds } = schedule;
  const inexact = spikes.filter((spike) => !isExact(spike));
  const isOnGrid = ({ earliestSeconds, onsetSeconds }: Spike) =>
    isDue(schedule, earliestSeconds, onsetSeconds, Number.NEGATIVE_INFINITY);
  if (!inexact.every(isOnGrid)) return false;
  let chance = 0;
  for (let tried = 1; tried <= parts; tried++) {
    const near = (widthSeconds: number) =>
      Math.min(1, (tried * (widthSeconds + 2 * toleranceSeconds)) / shortestSeconds);
    chance += inexact.reduce(
      (product, { earliestSeconds, onsetSeconds }) => product * near(onsetSeconds - earliestSeconds),
      near(0) ** (spikes.length - inexact.length - 2),
    );
  }
  return chance < SIGNIFICANCE;
}

function isExact({ earliestSeconds, onsetSeconds }: Spike): boolean {
  return earliestSeconds === onsetSeconds;
}

/** Whether a spike may begin between two times, the latest one before having begun at `latestSeconds`. */
export function isDue(
  { periodSeconds, originSeconds, toleranceSeconds, shortestSeconds }: SpikeSchedule,
  from: number,
  to: number,
  latestSeconds: number,
): boolean {
  const soonest = Math.max(from - toleranceSeconds, latestSeconds + SOONEST * shortestSeconds);
  const next = originSeconds + Math.ceil((soonest - originSeconds) / periodSeconds) * periodSeconds;
  return next <= to + toleranceSeconds;
}

/** Least squares of onsets on whole numbers of periods. */
function gridOf(
  onsets: readonly number[],
  about: number,
): { period: number; origin: number; farthest: number } {
  let period = about;
  let origin = onsets[0]!;
  for (let round = 0; round < 3; round++) {
    const places = onsets.map((onset) => Math.round((onset - origin) / period));
    const meanPlace = meanOf(places);
    const meanOnset = meanOf(onsets);
    const spread = places.reduce((sum, place) => sum + (place - meanPlace) ** 2, 0);
    if (spread === 0) break;
    period =
      places.reduce((sum, place, i) => sum + (place - meanPlace) * (onsets[i]! - meanOnset), 0) / spread;
    origin = meanOnset - period * meanPlace;
  }
  const farthest = Math.max(
    ...onsets.map((onset) => Math.abs(onset - origin - Math.round((onset - origin) / period) * period)),
  );
  return { period, origin, farthest };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
