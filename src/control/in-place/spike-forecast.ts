/** The load of a chain whose spikes come by a clock: its usual one, and the largest spike on top of it when one is due. */
import { SPAN_SECONDS } from './span-rates.ts';
import { heightOf, isDue, type SpikeSchedule, scheduleOf } from './spike-schedule.ts';
import { leastSpike, type PresentSpike, SpikeWatch } from './spike-watch.ts';

/** What the usual load is told from: the largest of means over so many spans. */
const USUAL_SPANS = [3, 6, 12];

/** Of a pass so much before what came is known in part alone, s. */
const UNCLEAR_SECONDS = 20;
/** Times that are remembered. */
const KEPT = 16;

/** Standard deviations of a Poisson count that a rate may be over the usual one by chance. */
const DEVIATIONS = 2.5;

/** The highest of a few spikes is no more than the next one may well be. */
const HIGHER = 1.1;

/** From a decision until it is in force, s. */
const EFFECT_SECONDS = 3;

/** What was known of spikes when a pass was made. */
export interface SpikesThen {
  readonly atSeconds: number;
  /** Until when rates were known, s. */
  readonly untilSeconds: number;
  /** Outside of spikes, requests/s. */
  readonly usual: number;
  /** Of the newest span, requests/s. */
  readonly latest: number;
  readonly present: PresentSpike | undefined;
  /** Earliest onset of the last one that was over, s. */
  readonly beforeSeconds: number;
  /** By the schedule, requests/s; NaN where none was known. */
  readonly forecast: number;
}

export class SpikeForecast {
  readonly #watch = new SpikeWatch();
  #schedule: SpikeSchedule | undefined;
  #known = 0;
  #readUntil = Number.NEGATIVE_INFINITY;
  /** The latest times at which requests were answered too late to say when they came. */
  readonly #unclear: { readonly fromSeconds: number; readonly toSeconds: number }[] = [];
  /** Where work piles up, until when it did not, s. */
  #clearUntil: number | undefined;

  /** Largest rate that may come before long, requests/s; undefined where spikes have no schedule. */
  get peak(): number | undefined {
    return this.#schedule && this.#usual() + HIGHER * this.#schedule.height;
  }

  /** Reads the spans that have ended by then. `rateAt`: of the span that begins then. */
  read(untilSeconds: number, rateAt: (seconds: number) => number, isPilingUp: boolean): void {
    // The clock was set back.
    if (untilSeconds < this.#readUntil) this.#clearUntil = undefined;
    // What is answered now says nothing of what comes; when it is over, about how much it was.
    if (isPilingUp) {
      this.#clearUntil ??= Math.min(this.#readUntil, untilSeconds) - SPAN_SECONDS;
      return;
    }
    if (this.#clearUntil !== undefined) {
      this.#unclear.push({ fromSeconds: this.#clearUntil, toSeconds: untilSeconds });
      if (this.#unclear.length > KEPT) this.#unclear.shift();
    }
    const newest = Math.floor(untilSeconds / SPAN_SECONDS) - 1;
    this.#watch.read(newest, (span) => rateAt(span * SPAN_SECONDS), this.#clearUntil);
    this.#clearUntil = undefined;
    this.#readUntil = untilSeconds;
    const { spikes } = this.#watch;
    const latest = spikes.at(-1)?.onsetSeconds ?? 0;
    if (latest === this.#known) return;
    this.#known = latest;
    this.#schedule = scheduleOf(spikes);
  }

  /** Leaves out the spans that have ended by then, of silence. */
  skip(untilSeconds: number): void {
    this.#watch.skip(Math.floor(untilSeconds / SPAN_SECONDS) - 1);
  }

  /** What is known now. */
  now(atSeconds: number, untilSeconds: number, intervalSeconds: number): SpikesThen {
    const known = {
      atSeconds,
      untilSeconds,
      usual: this.#usual(),
      latest: this.#watch.latest,
      present: this.#watch.present(),
      beforeSeconds: this.#watch.spikes.at(-1)?.earliestSeconds ?? Number.NEGATIVE_INFINITY,
      forecast: Number.NaN,
    };
    return { ...known, forecast: this.at(known, intervalSeconds) };
  }

  /**
   * What was forecast then until the pass after had taken effect, requests/s. Where no schedule was known then, what the one that is
   * known now would have forecast; NaN where there is none now.
   */
  at(then: SpikesThen, intervalSeconds: number): number {
    const { atSeconds, untilSeconds, usual, latest, present, beforeSeconds } = then;
    const schedule = this.#schedule;
    if (schedule === undefined) return Number.NaN;
    if (!Number.isNaN(then.forecast)) return then.forecast;
    if (this.#isUnclear(schedule, atSeconds)) return Number.NaN;
    const peak = usual + HIGHER * schedule.height;
    const until = atSeconds + intervalSeconds + EFFECT_SECONDS;
    const comes = isDue(schedule, untilSeconds - unseenSeconds(usual, latest, peak), until, beforeSeconds);
    const isThere = present !== undefined && !present.isGoing;
    return Math.max(usual, present?.rate ?? 0, comes || isThere ? peak : 0);
  }

  /** The same where the largest spike is due at any time; NaN where there was none, requests/s. */
  held({ usual, present }: SpikesThen): number {
    const height = heightOf(this.#watch.spikes);
    return height === 0 ? Number.NaN : Math.max(present?.rate ?? 0, usual + HIGHER * height);
  }

  /** Load outside of spikes; the largest of means, which a rise shows in at once, requests/s. */
  #usual(): number {
    return Math.max(...USUAL_SPANS.map((spans) => this.#watch.usual(spans)));
  }

  /** Near a time when work piled up, and a spike was due. */
  #isUnclear(schedule: SpikeSchedule, atSeconds: number): boolean {
    return this.#unclear.some(
      ({ fromSeconds, toSeconds }) =>
        atSeconds > fromSeconds - UNCLEAR_SECONDS &&
        atSeconds < toSeconds &&
        isDue(schedule, fromSeconds, toSeconds, Number.NEGATIVE_INFINITY),
    );
  }
}

/** A spike that began so much before the end of the newest span, or less, may not have been seen in it, s. */
function unseenSeconds(usual: number, latest: number, peak: number): number {
  const isMore = latest > usual + DEVIATIONS * Math.sqrt(usual / SPAN_SECONDS);
  if (isMore || peak <= usual) return SPAN_SECONDS;
  return Math.min(SPAN_SECONDS, (SPAN_SECONDS * (leastSpike(usual) - usual)) / (peak - usual));
}
