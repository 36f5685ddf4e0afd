/** Which of the forecasts that compete speaks: the one that would have asked for least in the past hour, raised as it must be. */
import { MISSED_MINUTES } from './error-budget.ts';
import { type Minute, minutesOf, type Past, raiseFor, type Target } from './scenario-raise.ts';
import type { ShareCurve } from './share-curve.ts';
import { BY_SCHEDULE, LARGEST } from './simple-forecasts.ts';

/** Minutes that are needed before raises are worked out. */
const FIRST = 12;

/** A raise is at most so many times the largest that a minute needed. */
const MOST_BEYOND = 1.5;
/** The same of a schedule, and it may miss what is planned without any correction: a spike that it did not foresee no raise helps. */
const BY_SCHEDULE_MOST_BEYOND = 1.15;

/** Place of a forecast and what it is raised by. */
interface Raised {
  readonly forecast: number;
  readonly raise: number;
}

export interface Choice extends Raised {
  /** Of the means, the one that asks for least. */
  readonly mean: Raised;
  /** Largest rate that is remembered, of a second where single ones tell more than chance, requests/s. */
  readonly mostSeen: number;
}

/**
 * @param past passes with all that was forecast at them
 * @param present what is forecast now; NaN for what cannot speak, requests/s
 * @param curve of the latest plan
 * @param target share of a minute's requests that may be slow, and of minutes that may have more
 * @returns undefined where too little is known
 */
export function chooseForecast(
  past: readonly Past[],
  present: readonly number[],
  curve: ShareCurve,
  target: Omit<Target, 'mostBeyond'>,
): Choice | undefined {
  const minutes = minutesOf(past);
  if (minutes.length < FIRST) return undefined;
  const raised = present.flatMap((now, forecast) => {
    const judged = minutes.filter((minute) =>
      minute.every(({ forecasts }) => !Number.isNaN(forecasts[forecast]!)),
    );
    // After a pause a peak hold may not know enough any more.
    if (judged.length < FIRST || Number.isNaN(now)) return [];
    const { raise: needed, uncertainty } = raiseFor(judged, forecast, curve, targetOf(forecast, target));
    const raise = forecast >= BY_SCHEDULE ? Math.max(1, needed) : needed;
    return [{ forecast, raise, load: uncertainty * raise * meanAsked(judged, forecast) }];
  });
  const best = leastOf(raised);
  const mean = leastOf(raised.filter(({ forecast }) => forecast < LARGEST));
  const mostSeen = Math.max(mostOf(past, 'spanRate'), ...minutes.map((minute) => mostOf(minute, 'rate')));
  return best && mean && { ...best, mean, mostSeen };
}

function targetOf(forecast: number, target: Omit<Target, 'mostBeyond'>): Target {
  if (forecast !== BY_SCHEDULE) return { ...target, mostBeyond: MOST_BEYOND };
  return { ...target, missedShare: MISSED_MINUTES, mostBeyond: BY_SCHEDULE_MOST_BEYOND };
}

function mostOf(past: readonly Past[], which: 'rate' | 'spanRate'): number {
  return past.reduce((most, { came }) => Math.max(most, ...came.map((one) => one[which])), 0);
}

/** The one that asks for least. */
function leastOf<T extends { readonly load: number }>(raised: readonly T[]): T | undefined {
  return raised.reduce<T | undefined>(
    (least, one) => (least === undefined || one.load < least.load ? one : least),
    undefined,
  );
}

/** What a forecast asked for in these minutes, each pass for as long as it was in force, requests/s. */
export function meanAsked(minutes: readonly Minute[], forecast: number): number {
  // A pass is in several minutes.
  const passes = new Map(minutes.flat().map((pass) => [pass.atSeconds, pass]));
  let [asked, all] = [0, 0];
  for (const { forecasts, seconds } of passes.values()) {
    asked += seconds * forecasts[forecast]!;
    all += seconds;
  }
  return asked / all;
}
