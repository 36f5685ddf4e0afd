/**
 * The load that a chain of services which are resized in place is planned for: what it will carry until the next change, and
 * as much more as bursts within that time have asked for. Simple forecasts compete, each raised as far as the past hour
 * asks for it (scenario-raise.ts); the one that asks for least in the mean speaks.
 */
import { type Minute, minutesOf, type Past, raiseFor } from './scenario-raise.ts';
import type { ShareCurve } from './share-curve.ts';
import { LAST_MINUTE, type NearRates, simpleForecasts, WIDEST } from './simple-forecasts.ts';
import { SPAN_SECONDS } from './span-rates.ts';

/** What is learned from, s. */
const MEMORY_SECONDS = 3600;

/** Passes that are needed before raises are worked out, and what a load is raised by until then. */
const FIRST = 12;
const FIRST_RAISE = 1.3;

/** Raises are worked out anew after this long, s. */
const RENEWED_SECONDS = 60;

/** Requests that are missed for certain when a quarter of a minute is empty: silence, and no load of nothing. */
export const MISSED = 20;
export const SILENCE_SECONDS = 15;

/** Loads among which the one before a silence is looked for. */
const KEPT_LOADS = 3;

/** What came after a pass is not waited for any longer, s. */
const FORGOTTEN_SECONDS = 600;

/** After silence rates over a minute are too low for as long, s. */
const HOLE_SECONDS = 75;

export interface NearLoadOptions {
  /** Time between two passes, s. */
  readonly intervalSeconds: number;
  /** Share of a minute's requests that may be slow. */
  readonly allowed: number;
}

export class NearLoad {
  readonly #past: Past[] = [];
  #open: { readonly atSeconds: number; readonly forecasts: readonly number[] }[] = [];
  #load: number | undefined;
  #silentSeconds = Number.NEGATIVE_INFINITY;
  /** Loads of the latest calls. */
  readonly #latest: number[] = [];
  /** Which forecast speaks, raised by how much, and since when. */
  #chosen: { readonly forecast: number; readonly raise: number; readonly atSeconds: number } | undefined;

  /**
   * The load to plan for, requests/s. `rateAt`: of the span that begins then; NaN where it is not known (yet). `curve`: of the
   * latest plan.
   */
  update(
    atSeconds: number,
    rates: NearRates,
    rateAt: (seconds: number) => number,
    curve: ShareCurve | undefined,
    options: NearLoadOptions,
  ): number {
    if (this.#load !== undefined && rates.last15 === 0 && this.#load * SILENCE_SECONDS > MISSED) {
      // Nothing is learned from silence, nor from what follows on it. It may have begun within the span before, and what
      // comes late comes in the spans before.
      this.#open = [];
      this.#load = Math.max(this.#load, rates.last30, rates.last60, ...this.#latest);
      this.#silentSeconds = atSeconds;
      return this.#load;
    }
    // The clock was set back.
    this.#open = this.#open.filter((one) => one.atSeconds < atSeconds);
    this.#close(atSeconds, rateAt, options);
    const forecasts = simpleForecasts(rates);
    // Nothing is learned from what nothing was known of.
    if (!this.#isUncertain(atSeconds) && rates.last15 > 0) this.#open.push({ atSeconds, forecasts });
    const served = this.#served(atSeconds, forecasts, curve, options);
    this.#load = this.#isUncertain(atSeconds) ? Math.max(served, this.#load ?? 0) : served;
    this.#latest.push(this.#load);
    if (this.#latest.length > KEPT_LOADS) this.#latest.shift();
    return this.#load;
  }

  /** Within a minute of silence: rates of the last minute have a hole. */
  #isUncertain(atSeconds: number): boolean {
    return Math.abs(atSeconds - this.#silentSeconds) < HOLE_SECONDS;
  }

  /** Passes of which everything is known that came until the next one took effect. */
  #close(atSeconds: number, rateAt: (seconds: number) => number, { intervalSeconds }: NearLoadOptions): void {
    const spans = Math.ceil(intervalSeconds / SPAN_SECONDS) + 1;
    while (this.#open.length > 0) {
      const oldest = this.#open[0]!;
      const first = Math.ceil(oldest.atSeconds / SPAN_SECONDS) * SPAN_SECONDS;
      const rates = Array.from({ length: spans }, (_, i) => rateAt(first + i * SPAN_SECONDS));
      const isOld = atSeconds - first > FORGOTTEN_SECONDS;
      if (!isOld && rates.some(Number.isNaN)) break;
      this.#open.shift();
      if (!rates.some(Number.isNaN)) this.#past.push({ ...oldest, rates });
    }
    while (this.#past[0] !== undefined && Math.abs(atSeconds - this.#past[0].atSeconds) > MEMORY_SECONDS)
      this.#past.shift();
  }

  #served(
    atSeconds: number,
    forecasts: readonly number[],
    curve: ShareCurve | undefined,
    options: NearLoadOptions,
  ): number {
    const age = Math.abs(atSeconds - (this.#chosen?.atSeconds ?? Number.NEGATIVE_INFINITY));
    if (curve !== undefined && age >= RENEWED_SECONDS)
      this.#chosen = this.#choose(atSeconds, forecasts, curve, options);
    if (this.#chosen === undefined || Number.isNaN(forecasts[this.#chosen.forecast]!))
      return FIRST_RAISE * forecasts[WIDEST]!;
    // A forecast that was too large in the past is no reason for less than there is now.
    return Math.max(forecasts[LAST_MINUTE]!, this.#chosen.raise * forecasts[this.#chosen.forecast]!);
  }

  #choose(atSeconds: number, present: readonly number[], curve: ShareCurve, { allowed }: NearLoadOptions) {
    const minutes = minutesOf(this.#past);
    if (minutes.length < FIRST) return undefined;
    let best: { forecast: number; raise: number; load: number } | undefined;
    for (let forecast = 0; forecast < this.#past[0]!.forecasts.length; forecast++) {
      const judged = minutes.filter((minute) =>
        minute.every(({ forecasts }) => !Number.isNaN(forecasts[forecast]!)),
      );
      // After a pause a peak hold may not know enough any more.
      if (judged.length < FIRST || Number.isNaN(present[forecast]!)) continue;
      const { raise, uncertainty } = raiseFor(judged, forecast, curve, allowed);
      const load = uncertainty * raise * meanOf(judged, forecast);
      if (best === undefined || load < best.load) best = { forecast, raise, load };
    }
    return best && { ...best, atSeconds };
  }
}

/** Of a forecast, in the means of the last minute: days with little load count as much as busy ones. */
function meanOf(minutes: readonly Minute[], forecast: number): number {
  const sum = minutes.reduce((total, minute) => {
    const { forecasts } = minute.at(-1)!;
    return total + forecasts[forecast]! / forecasts[WIDEST]!;
  }, 0);
  return sum / minutes.length;
}
