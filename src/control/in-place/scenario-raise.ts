/**
 * By how much a forecast must be raised so that a chain keeps its objective: the least factor with which, had every pass of the
 * last hour planned for the raised forecast, all but as many of the minutes as may be missed would have kept it. What a plan makes of another
 * load than it was made for, its curve tells (`ShareCurve`). This is a plan against the scenarios of the past (Campi and
 * Garatti, The exact feasibility of randomized solutions of uncertain convex programs, SIAM Journal on Optimization 19, 2008),
 * with the minutes as scenarios.
 */
import type { Came } from './came.ts';
import type { ShareCurve } from './share-curve.ts';
import { withoutChance } from './without-chance.ts';

/** The largest tenth of what minutes needed tells of the next ones, at least so many. */
const EXCESSES = 0.1;
const LEAST_EXCESSES = 4;

/**
 * What is known of the mean excess before any is seen: what it is where needs are normal in the logarithm, over their upper
 * tenth, in units of that tenth's distance from the median: (φ(1.28)/0.1 − 1.28)/1.28. It counts as much as two independent
 * minutes, and never makes a raise smaller: rare peaks have a heavier tail.
 */
const USUAL_EXCESS = 0.37;
const USUAL_WEIGHT = 2;

/**
 * The next one after n minutes that are normal in the logarithm exceeds a quantile z of theirs more often than it says: Student's
 * t and the error of the mean put that quantile farther from the middle by (z² + 3)/(4n) of its distance, which is 2.1/n at
 * 99 % (first term of the expansion of t·sqrt(1 + 1/n)). It is 4.5 here, as minutes that follow on one another are alike (the best
 * of 1.5, 3 and 4.5 on noisy traffic). The predictive quantile of the excesses allows for their mean alone, and not for that of
 * all minutes.
 */
const OF_FEW_MINUTES = 4.5;

/** Raises are looked for between these, to about a hundredth. */
const LEAST_RAISE = 0.9;
const LARGEST_RAISE = 6;
const CUTS = 10;

/** A minute with fewer requests says nothing of a percentile. */
const FEWEST = 20;
/** Most of a minute: passes in a row have three or four seconds in common, s. */
const LEAST_SECONDS = 60;

/** Minutes end at passes so far apart at least, s. */
const APART_SECONDS = 12.5;

/** A pass whose capacity has had its time. */
export interface Past {
  readonly atSeconds: number;
  /** `simpleForecasts`. */
  readonly forecasts: readonly number[];
  readonly came: readonly Came[];
  /** Until the next one, s. */
  readonly seconds: number;
}

/** Passes that make a minute, the oldest first. */
export type Minute = readonly Past[];

/** What a chain is held to. */
export interface Target {
  /** Share of a minute's requests that may be slow. */
  readonly allowed: number;
  /** Share of the minutes that may have more. */
  readonly missedShare: number;
  /** A raise is at most so many times the largest that a minute needed. */
  readonly mostBeyond: number;
}

export interface Raise {
  readonly raise: number;
  /** What it may be too low by, as a factor: one standard error. */
  readonly uncertainty: number;
}

/**
 * Minutes, overlapping, of which most is known and with enough requests to be judged. Times at which passes are made more often
 * than usual count no more than others.
 */
export function minutesOf(past: readonly Past[]): readonly Minute[] {
  const minutes: Minute[] = [];
  let first = 0;
  let latest = Number.NEGATIVE_INFINITY;
  for (let end = 0; end < past.length; end++) {
    const { atSeconds } = past[end]!;
    // The clock was set back: what was before is no part of this minute.
    if (end > 0 && atSeconds < past[end - 1]!.atSeconds) first = end;
    if (Math.abs(atSeconds - latest) < APART_SECONDS) continue;
    latest = atSeconds;
    while (past[first]!.atSeconds <= atSeconds - 60) first += 1;
    const minute = past.slice(first, end + 1);
    const came = minute.flatMap((one) => one.came);
    const seconds = sumOf(came, (one) => one.seconds);
    const requests = (60 * sumOf(came, (one) => one.seconds * one.rate)) / seconds;
    if (seconds >= LEAST_SECONDS && requests >= FEWEST) minutes.push(withoutChance(minute));
  }
  return minutes;
}

/**
 * From the largest tenth of what the minutes needed: their excesses over the others are taken for exponential in the
 * logarithm, so that the next minute may well need more than any before (peaks over threshold: Davison and Smith, Models for
 * exceedances over high thresholds, Journal of the Royal Statistical Society B 52, 1990). Of k excesses the predictive
 * quantile is not ln r but k·(r^(1/k) − 1): their mean is not known for certain (Gelman et al., Bayesian Data Analysis,
 * section 2.6: a gamma prior on the rate makes the next one Lomax distributed). The prior is the excess of a normal tail:
 * a quarter of an hour has two excesses or so, and of many forecasts the one is chosen whose excesses happen to be small.
 *
 * @param minutes at least two
 */
export function raiseFor(
  minutes: readonly Minute[],
  forecast: number,
  curve: ShareCurve,
  { allowed, missedShare, mostBeyond }: Target,
): Raise {
  // Where too much is slow at any load there is nothing that a raise would help.
  if (curve.at(0) > allowed) return { raise: 1, uncertainty: 1 };
  const needed = minutes
    .map((minute) => Math.log(raiseNeeded(minute, forecast, curve, allowed)))
    .sort((left, right) => right - left);
  const count = Math.min(needed.length - 1, Math.max(LEAST_EXCESSES, Math.ceil(EXCESSES * needed.length)));
  const threshold = needed[count]!;
  const mean = needed.slice(0, count).reduce((sum, one) => sum + one - threshold, 0) / count;
  const overlap = overlapOf(minutes);
  const independent = Math.max(1, count / overlap);
  const median = needed[needed.length >> 1]!;
  const usual = USUAL_EXCESS * (threshold - median);
  const withUsual = independent + USUAL_WEIGHT;
  const ratio = count / (missedShare * needed.length);
  const beyond = Math.max(
    predictiveQuantile(mean, independent, ratio),
    predictiveQuantile((independent * mean + USUAL_WEIGHT * usual) / withUsual, withUsual, ratio),
  );
  const next = threshold + beyond;
  const most = needed[0]! + Math.log(mostBeyond);
  const widened = next + (OF_FEW_MINUTES * overlap * Math.max(0, next - median)) / needed.length;
  return {
    raise: Math.exp(Math.min(widened, most)),
    // Of what the raise is cut off at nothing is uncertain.
    uncertainty: Math.exp(Math.min(beyond, most - threshold) / Math.sqrt(withUsual)),
  };
}

/** So many minutes begin within one. */
function overlapOf(minutes: readonly Minute[]): number {
  const ends = minutes.map((minute) => minute.at(-1)!.atSeconds);
  const apart = ends
    .slice(1)
    .map((end, i) => Math.abs(end - ends[i]!))
    .filter((seconds) => seconds <= 60);
  return apart.length === 0 ? 1 : (60 * apart.length) / apart.reduce((sum, seconds) => sum + seconds, 0);
}

/** Of an exponential excess whose mean is known from so many; one in `ratio` is larger. */
function predictiveQuantile(mean: number, known: number, ratio: number): number {
  return mean * known * (ratio ** (1 / known) - 1);
}

/** Least raise with which a minute would have kept its objective, by bisection in the logarithm. */
function raiseNeeded(minute: Minute, forecast: number, curve: ShareCurve, allowed: number): number {
  const came = loadsOf(minute, forecast);
  const holds = (raise: number) => slowShareOf(came, raise, curve) <= allowed;
  let low = LEAST_RAISE;
  let high = LARGEST_RAISE;
  if (holds(low)) return low;
  for (let cut = 0; cut < CUTS; cut++) {
    const middle = Math.sqrt(low * high);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** What came in a minute, in parts. */
interface Loads {
  /** Over what was forecast. */
  readonly loads: Float64Array;
  readonly requests: Float64Array;
  /** Of the minute. */
  readonly all: number;
}

function loadsOf(minute: Minute, forecast: number): Loads {
  const parts = sumOf(minute, ({ came }) => came.length);
  const [loads, requests] = [new Float64Array(parts), new Float64Array(parts)];
  let part = 0;
  for (const { forecasts, came } of minute)
    for (const { rate, seconds } of came) {
      loads[part] = rate / forecasts[forecast]!;
      requests[part] = rate * seconds;
      part += 1;
    }
  return { loads, requests, all: requests.reduce((sum, one) => sum + one, 0) };
}

/** Of a minute's requests, had its passes planned for the raised forecast. */
function slowShareOf({ loads, requests, all }: Loads, raise: number, curve: ShareCurve): number {
  let slow = 0;
  for (let part = 0; part < loads.length; part++) slow += requests[part]! * curve.at(loads[part]! / raise);
  return slow / all;
}

function sumOf<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((sum, value) => sum + of(value), 0);
}
