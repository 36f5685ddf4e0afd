/** Which of the forecasts that compete speaks: the one that would have asked for least in the past hour, raised as it must be. */
import { type Minute, minutesOf, type Past, raiseFor } from './scenario-raise.ts';
import type { ShareCurve } from './share-curve.ts';
import { BY_SCHEDULE, LARGEST } from './simple-forecasts.ts';

/** Minutes that are needed before raises are worked out. */
const FIRST = 12;

/** Place of a forecast and what it is raised by. */
interface Raised {
  readonly forecast: number;
  readonly raise: number;
}

export interface Choice extends Raised {
  /** Of the means, the one that asks for least. */
  readonly mean: Raised;
  /** Largest rate of five seconds that is remembered, requests/s. */
  readonly mostSeen: number;
}

/**
 * @param past passes with all that was forecast at them
 * @param present what is forecast now; NaN for what cannot speak, requests/s
 * @param curve of the latest plan
 * @param allowed share of a minute's requests that may be slow
 * @returns undefined where too little is known
 */
export function chooseForecast(
  past: readonly Past[],
  present: readonly number[],
  curve: ShareCurve,
  allowed: number,
): Choice | undefined {
  const minutes = minutesOf(past);
  if (minutes.length < FIRST) return undefined;
  const raised = present.flatMap((now, forecast) => {
    const judged = minutes.filter((minute) =>
      minute.every(({ forecasts }) => !Number.isNaN(forecasts[forecast]!)),
    );
    // After a pause a peak hold may not know enough any more.
    if (judged.length < FIRST || Number.isNaN(now)) return [];
    const { raise: needed, uncertainty } = raiseFor(judged, forecast, curve, allowed);
    const raise = forecast >= BY_SCHEDULE ? Math.max(1, needed) : needed;
    return [{ forecast, raise, load: uncertainty * raise * meanAsked(judged, forecast) }];
  });
  const best = leastOf(raised);
  const mean = leastOf(raised.filter(({ forecast }) => forecast < LARGEST));
  const mostSeen = Math.max(...past.flatMap(({ rates }) => rates));
  return best && mean && { ...best, mean, mostSeen };
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
