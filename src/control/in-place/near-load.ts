/**
 * The load that a chain of services which are resized in place is planned for: what it will carry until the next change, and
 * as much more as bursts within that time have asked for. Simple forecasts compete, each raised as far as the past hour
 * asks for it (scenario-raise.ts); the one that asks for least in the mean speaks.
 */
import { ErrorBudget } from './error-budget.ts';
import { type Choice, chooseForecast } from './forecast-choice.ts';
import { type Made, MEMORY_SECONDS, PassMemory, type SeenRates } from './pass-memory.ts';
import type { RateOver } from './seen-until.ts';
import type { ShareCurve } from './share-curve.ts';
import {
  BY_SCHEDULE,
  LARGEST,
  LAST_MINUTE,
  type NearRates,
  simpleForecasts,
  WIDEST,
} from './simple-forecasts.ts';
import { SpikeForecast } from './spike-forecast.ts';
import type { SpikeSchedule } from './spike-schedule.ts';

/** What a load is raised by until raises can be worked out. */
const FIRST_RAISE = 1.3;

/** Raises are worked out anew after this long, s. */
const RENEWED_SECONDS = 60;

/** Requests that are missed for certain when a quarter of a minute is empty: silence, and no load of nothing. */
export const MISSED = 20;
export const SILENCE_SECONDS = 15;

/** Loads among which the one before a silence is looked for. */
const KEPT_LOADS = 3;

/** After silence rates over a minute are too low for as long, s. */
const HOLE_SECONDS = 75;

/** A load so many times larger than any in memory, or in the last minute, is not planned for. */
const BEYOND_SEEN = 1.25;
/** The same of those in memory where means alone ask for it: they have to allow for rare peaks at all times. */
const BEYOND_BY_MEANS = 1.1;

export interface NearLoadOptions {
  /** What is answered now says nothing of what comes. */
  readonly isPilingUp: boolean;
  /** The last minute was over the objective; undefined where it does not tell. */
  readonly isMissed: boolean | undefined;
  /** Time between two passes, s. */
  readonly intervalSeconds: number;
  /** How long after its end a span is known, s. */
  readonly lateSeconds: number;
  /** Share of a minute's requests that may be slow. */
  readonly allowed: number;
  /** What is known of whole seconds, requests/s; NaN for nothing. Absent where single seconds do not tell. */
  readonly rateOver?: RateOver;
  /** When other chains have spikes. */
  readonly schedules: readonly SpikeSchedule[];
}

export class NearLoad {
  readonly #spikes = new SpikeForecast();
  readonly #passes = new PassMemory();
  readonly #budget = new ErrorBudget();
  #load: number | undefined;
  #silentSeconds = Number.NEGATIVE_INFINITY;
  /** When work last piled up although spikes were foreseen, s. */
  #misledSeconds = Number.NEGATIVE_INFINITY;
  /** Loads of the latest calls. */
  readonly #latest: number[] = [];
  /** Which forecast speaks, raised by how much, and since when. */
  #chosen: (Choice & { readonly atSeconds: number }) | undefined;

  /** When it changes by the clock, and a pass should not wait for its turn, Unix s; infinite where nothing is due. */
  changesAt = Number.POSITIVE_INFINITY;

  /** The load of the latest call is that of a schedule, and not of what means or peaks say. */
  isBySchedule = false;

  /** When it has spikes, told from its own alone; undefined where that is not known. */
  get schedule(): SpikeSchedule | undefined {
    return this.#spikes.own;
  }

  /** The load that a spike may bring before long, requests/s; undefined where spikes have no schedule. */
  get surge(): number | undefined {
    const { peak } = this.#spikes;
    if (peak === undefined || this.#chosen?.forecast !== BY_SCHEDULE) return undefined;
    const { raise, mostSeen } = this.#chosen;
    return Math.min(raise * peak, BEYOND_SEEN * mostSeen);
  }

  /** The load to plan for, requests/s. `curve`: of the latest plan. */
  update(
    atSeconds: number,
    rates: NearRates,
    seen: SeenRates,
    curve: ShareCurve | undefined,
    options: NearLoadOptions,
  ): number {
    if (this.#load !== undefined && rates.counted15 === 0 && this.#load * SILENCE_SECONDS > MISSED) {
      // Nothing is learned from silence, nor from what follows on it. It may have begun within the span before, and what
      // comes late comes in the spans before.
      this.#passes.forgetOpen();
      this.#spikes.skip(rates.untilSeconds);
      this.#load = Math.max(this.#load, rates.last30, rates.last60, ...this.#latest);
      this.#silentSeconds = atSeconds;
      this.changesAt = Number.POSITIVE_INFINITY;
      this.isBySchedule = false;
      return this.#load;
    }
    this.#passes.close(atSeconds, options.intervalSeconds, seen);
    // What is missed before raises are known, or by a schedule, no raise was too small for.
    const isRaised = this.#chosen !== undefined && !this.isBySchedule;
    this.#budget.note(atSeconds, isRaised ? options.isMissed : undefined);
    this.#spikes.read(rates.untilSeconds, seen.rateAt, options.isPilingUp);
    this.#spikes.adopt(options.schedules);
    // What was foreseen came sooner, or was more, than the capacity that was made ready for it.
    if (options.isPilingUp && this.#chosen?.forecast === BY_SCHEDULE) this.#misledSeconds = atSeconds;
    const spikes = this.#spikes.now(atSeconds, rates.untilSeconds, options.rateOver);
    this.changesAt = options.isPilingUp
      ? Number.POSITIVE_INFINITY
      : this.#spikes.changesAt(spikes, options.lateSeconds);
    const forecasts = simpleForecasts(rates);
    // Nothing is learned from what nothing was known of.
    if (!this.#isUncertain(atSeconds) && rates.counted15 > 0)
      this.#passes.open({ atSeconds, forecasts, spikes });
    const served = this.#served({ atSeconds, forecasts, spikes }, curve, options);
    this.#load = this.#isUncertain(atSeconds) ? Math.max(served, this.#load ?? 0) : served;
    this.#latest.push(this.#load);
    if (this.#latest.length > KEPT_LOADS) this.#latest.shift();
    return this.#load;
  }

  /** Within a minute of silence: rates of the last minute have a hole. */
  #isUncertain(atSeconds: number): boolean {
    return Math.abs(atSeconds - this.#silentSeconds) < HOLE_SECONDS;
  }

  #served(present: Made, curve: ShareCurve | undefined, options: NearLoadOptions): number {
    const { atSeconds } = present;
    const age = Math.abs(atSeconds - (this.#chosen?.atSeconds ?? Number.NEGATIVE_INFINITY));
    const forecasts = this.#all(present, options);
    const isGone = this.#chosen !== undefined && Number.isNaN(forecasts[this.#chosen.forecast]!);
    if (curve !== undefined && (age >= RENEWED_SECONDS || isGone)) {
      const past = this.#passes.past.map((one) => ({ ...one, forecasts: this.#all(one, options) }));
      const target = { allowed: options.allowed, missedShare: this.#budget.missedShare };
      const choice = chooseForecast(past, forecasts, curve, target);
      this.#chosen = choice && { ...choice, atSeconds };
    }
    this.isBySchedule = false;
    if (this.#chosen === undefined || Number.isNaN(forecasts[this.#chosen.forecast]!))
      return FIRST_RAISE * forecasts[WIDEST]!;
    const { forecast, raise, mean, mostSeen } = this.#chosen;
    this.isBySchedule = forecast === BY_SCHEDULE;
    // A forecast that was too large in the past is no reason for less than there is now.
    const least = forecast === BY_SCHEDULE ? 0 : forecasts[LAST_MINUTE]!;
    const mostNow = BEYOND_SEEN * Math.max(present.forecasts[WIDEST]!, present.forecasts[LARGEST]!);
    const served = Math.min(raise * forecasts[forecast]!, Math.max(BEYOND_SEEN * mostSeen, mostNow));
    if (forecast >= BY_SCHEDULE) return Math.max(least, served);
    // Peaks that are held know nothing of a level that was not there while they were; means go with the level.
    const byMean = Math.min(
      mean.raise * forecasts[mean.forecast]!,
      Math.max(BEYOND_BY_MEANS * mostSeen, mostNow),
    );
    return Math.max(least, served, byMean);
  }

  /** Forecasts of a pass, those of spikes with what is known of them now. */
  #all({ forecasts, spikes }: Made, { intervalSeconds }: NearLoadOptions): readonly number[] {
    const isMisled = Math.abs(spikes.atSeconds - this.#misledSeconds) < MEMORY_SECONDS;
    const bySchedule = isMisled ? Number.NaN : this.#spikes.at(spikes, intervalSeconds);
    return [...forecasts, bySchedule, this.#spikes.held(spikes)];
  }
}
