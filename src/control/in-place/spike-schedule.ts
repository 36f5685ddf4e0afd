/**
 * When spikes come, where they come by a clock: jobs that start every few minutes, or at some of such times. All onsets lie on
 * a grid of one period, and by chance they would not.
 */
import { mean } from '../../models/statistics.ts';
import { gridOf, RESOLUTION } from './spike-grid.ts';
import type { Spike } from './spike-watch.ts';

/** Spikes that a grid is told from: all that are remembered, or the latest alone, and at least so many. */
const LATEST = 6;
const FEWEST = 4;
/** A period is at most so many times shorter than the shortest time between two of them. */
const MOST_PARTS = 8;
/** With shorter periods there is no time between two spikes to give anything back, s. */
const LEAST_PERIOD = 45;
/** Largest chance that onsets at any times lie as near to a grid. */
const SIGNIFICANCE = 0.01;
/** By how much least squares bring random onsets nearer to a grid (measured). */
const FITTED = 10;
/** Of a period, what the next onset may be away from the grid. */
const NARROW = 0.15;
/**
 * Clocks are never early, but what they start may be late by more than it ever was: it waits for another job, or for who starts
 * it (the CronJob controller of Kubernetes looks every ten seconds, says its documentation), s.
 */
const LATE = 10;
/** Two-sided quantiles of Student's t at 95 %, of 1 to 15 degrees of freedom (any table of it). */
const STUDENT_95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
];
/** The highest of a few spikes is no more than the next one may well be. */
const HIGHER = 1.1;
/** Spikes count for the height for so long, s. */
const HEIGHT_SECONDS = 3600;
/** Schedules that are near to each other for as long are the same, s. */
const SAME_SECONDS = 3600;
/** Schedules that others are compared with. */
const MOST_SCHEDULES = 8;
/** Sooner than after this share of the shortest time between two spikes none comes. */
const SOONEST = 0.5;

export interface SpikeSchedule {
  readonly periodSeconds: number;
  /** An onset on the grid, s since the epoch. */
  readonly originSeconds: number;
  /** The next onset is within this of the grid where it is in time, s. */
  readonly toleranceSeconds: number;
  /** Shortest time between two spikes, s. */
  readonly shortestSeconds: number;
  /** Of the next spike, at most (`heightOf`), requests/s. */
  readonly height: number;
}

/** Undefined where onsets may well be at any times. */
export function scheduleOf(spikes: readonly Spike[]): SpikeSchedule | undefined {
  const latest = spikes.length > LATEST ? gridded(spikes.slice(-LATEST)) : undefined;
  return gridded(spikes) ?? latest ?? griddedButLate(spikes);
}

/** Where one of them was late, which may have been any of them. */
function griddedButLate(spikes: readonly Spike[]): SpikeSchedule | undefined {
  for (const late of spikes) {
    // It was due at any time in the seconds before.
    const wasDue = { ...late, earliestSeconds: late.earliestSeconds - LATE };
    const schedule = gridded(
      spikes.map((one) => (one === late ? wasDue : one)),
      spikes.length,
    );
    if (schedule !== undefined) return schedule;
  }
  return undefined;
}

/** @param choices of the spikes are compared with grids */
function gridded(spikes: readonly Spike[], choices = 1): SpikeSchedule | undefined {
  const onsets = spikes.filter(isExact).map(({ onsetSeconds }) => onsetSeconds);
  if (spikes.length < FEWEST || onsets.length < FEWEST - 1) return undefined;
  const shortest = Math.min(...onsets.slice(1).map((onset, i) => onset - onsets[i]!));
  const tried = Math.min(MOST_PARTS, Math.floor(shortest / LEAST_PERIOD));
  for (let parts = 1; parts <= tried; parts++) {
    const { period, origin, farthest, expected } = gridOf(onsets, shortest / parts);
    const schedule: SpikeSchedule = {
      periodSeconds: period,
      originSeconds: origin,
      toleranceSeconds: farthest + RESOLUTION,
      shortestSeconds: shortestOf(spikes),
      height: heightOf(spikes),
    };
    if (!isSignificant(schedule, spikes, choices * tried)) continue;
    const isNarrow = (seconds: number) => expected + RESOLUTION < NARROW * seconds;
    if (!isNarrow(period)) return undefined;
    const isHalved = hasGaps(schedule, spikes) && period / 2 >= LEAST_PERIOD && isNarrow(period / 2);
    return {
      ...schedule,
      periodSeconds: isHalved ? period / 2 : period,
      toleranceSeconds: Math.max(farthest, expected) + RESOLUTION,
    };
  }
  return undefined;
}

/**
 * Some points of the grid are left out, not every second or third one alike: then half of its points may be out of sight, as all being
 * on the coarser one may be chance. Of n onsets that were the next is not with a chance of about 1/(n + 2) (Laplace's rule of
 * succession), which as long as n is no more than what is remembered is more than may be missed.
 */
function hasGaps(schedule: SpikeSchedule, spikes: readonly Spike[]): boolean {
  const places = spikes.map((spike) => placeOf(schedule, spike));
  return new Set(places.slice(1).map((place, i) => place - places[i]!)).size > 1;
}

/**
 * The schedule of another chain, where all spikes of this one lie on it as well and by chance would not: jobs call more than one
 * chain, and of one it may be known when they began of which of the other it is not.
 *
 * @param tried so many schedules are compared with
 */
export function adopted(
  schedule: SpikeSchedule,
  spikes: readonly Spike[],
  tried = 1,
): SpikeSchedule | undefined {
  const near = (widthSeconds: number) => nearShare(schedule, widthSeconds);
  const chance = spikes.reduce(
    (product, one) => product * near(one.onsetSeconds - one.earliestSeconds),
    tried,
  );
  if (chance >= SIGNIFICANCE || !spikes.every((spike) => isOnGrid(schedule, spike))) return undefined;
  return { ...schedule, shortestSeconds: shortestOf(spikes), height: heightOf(spikes) };
}

/**
 * Height to be ready for: what the next spike exceeds with a chance of 2.5 % where heights are normal (prediction interval), but no
 * less than the largest of the last hour, or of the latest few, and at most a tenth more. 0 where there was none, requests/s.
 */
export function heightOf(spikes: readonly Spike[]): number {
  const latest = spikes.at(-1)?.onsetSeconds ?? 0;
  const counting = spikes.filter(
    ({ onsetSeconds }, i) => i >= spikes.length - FEWEST || onsetSeconds > latest - HEIGHT_SECONDS,
  );
  const heights = counting.map(({ height }) => height);
  const largest = Math.max(0, ...heights);
  if (heights.length < FEWEST) return HIGHER * largest;
  const [center, freedom] = [mean(heights), heights.length - 1];
  const variance = heights.reduce((sum, height) => sum + (height - center) ** 2, 0) / freedom;
  const predicted = center + STUDENT_95[freedom - 1]! * Math.sqrt(variance * (1 + 1 / heights.length));
  return Math.min(HIGHER * largest, Math.max(largest, predicted));
}

/**
 * Whether onsets at any times are unlikely to lie so near to a grid: two numbers are fitted, the other exact onsets are near by
 * chance, each for itself; and every period that is tried is another chance (Bonferroni).
 */
function isSignificant(schedule: SpikeSchedule, spikes: readonly Spike[], tried: number): boolean {
  const inexact = spikes.filter((spike) => !isExact(spike));
  if (!inexact.every((spike) => isOnGrid(schedule, spike))) return false;
  const chance = inexact.reduce(
    (product, { earliestSeconds, onsetSeconds }) =>
      product * nearShare(schedule, onsetSeconds - earliestSeconds),
    nearShare(schedule, 0) ** (spikes.length - inexact.length - 2),
  );
  return tried * FITTED * chance < SIGNIFICANCE;
}

/** Chance with which an onset at any time lies on the grid, of which it is known to so many seconds when it was. */
function nearShare({ periodSeconds, toleranceSeconds }: SpikeSchedule, widthSeconds: number): number {
  return Math.min(1, (widthSeconds + 2 * toleranceSeconds) / periodSeconds);
}

/** In time. */
function isOnGrid(schedule: SpikeSchedule, spike: Spike): boolean {
  const { periodSeconds, originSeconds, toleranceSeconds } = schedule;
  const pointSeconds = originSeconds + placeOf(schedule, spike) * periodSeconds;
  return pointSeconds <= spike.onsetSeconds + toleranceSeconds;
}

/** The first point of the grid at which it may have begun, in periods from the origin. */
function placeOf(
  { periodSeconds, originSeconds, toleranceSeconds }: SpikeSchedule,
  { earliestSeconds }: Spike,
): number {
  return Math.ceil((earliestSeconds - toleranceSeconds - originSeconds) / periodSeconds);
}

/** Shortest time between two, s; infinite for one. */
function shortestOf(spikes: readonly Spike[]): number {
  const gaps = spikes.slice(1).map(({ earliestSeconds }, i) => earliestSeconds - spikes[i]!.onsetSeconds);
  return Math.min(...gaps);
}

function isExact({ earliestSeconds, onsetSeconds }: Spike): boolean {
  return earliestSeconds === onsetSeconds;
}

/** What an onset may be late by, s. */
export function lateBy({ toleranceSeconds }: Pick<SpikeSchedule, 'toleranceSeconds'>): number {
  return Math.max(LATE, toleranceSeconds);
}

/** Whether a spike may begin between two times, the latest one before having begun at `latestSeconds`. */
export function isDue(schedule: SpikeSchedule, from: number, to: number, latestSeconds: number): boolean {
  return nextDue(schedule, from, latestSeconds) <= to + schedule.toleranceSeconds;
}

/** The first point of the grid at which a spike may come that begins no sooner than `from`, the latest one before having begun then. */
export function nextDue(
  { periodSeconds, originSeconds, shortestSeconds, ...known }: SpikeSchedule,
  from: number,
  latestSeconds: number,
): number {
  const soonest = Math.max(from - lateBy(known), latestSeconds + SOONEST * shortestSeconds);
  return originSeconds + Math.ceil((soonest - originSeconds) / periodSeconds) * periodSeconds;
}

/** Whether two schedules are of the same times for the next hour or so. */
export function isSame(one: SpikeSchedule, other: SpikeSchedule): boolean {
  const near = one.toleranceSeconds + other.toleranceSeconds;
  const isNear = (seconds: number) => {
    const periods = (seconds - other.originSeconds) / other.periodSeconds;
    return Math.abs(periods - Math.round(periods)) * other.periodSeconds < near;
  };
  const periods = Math.ceil(SAME_SECONDS / one.periodSeconds);
  const isAsLong = Math.abs(one.periodSeconds - other.periodSeconds) * periods < near;
  return isAsLong && isNear(one.originSeconds);
}

/** A few different ones of many, of those of the same times the one that is known best. */
export function bestOfEach(schedules: readonly (SpikeSchedule | undefined)[]): readonly SpikeSchedule[] {
  const best: SpikeSchedule[] = [];
  for (const schedule of schedules) {
    if (schedule === undefined) continue;
    const place = best.findIndex((other) => isSame(schedule, other));
    if (place >= 0) {
      if (schedule.toleranceSeconds < best[place]!.toleranceSeconds) best[place] = schedule;
    } else if (best.length < MOST_SCHEDULES) best.push(schedule);
  }
  return best;
}
