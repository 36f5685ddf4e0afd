/** The load of a chain whose spikes come by a clock: its usual one, and the largest spike on top of it when one is due. */
import { FIRST_LOOK_SECONDS, LAST_LOOK_SECONDS, type RateOver, seenUntil } from './seen-until.ts';
import { SPAN_SECONDS } from './span-rates.ts';
import {
  adopted,
  heightOf,
  isDue,
  lateBy,
  nextDue,
  type SpikeSchedule,
  scheduleOf,
} from './spike-schedule.ts';
import { leastSpike, type PresentSpike, SpikeWatch } from './spike-watch.ts';

/** What the usual load is told from: the largest of means over so many spans. */
const USUAL_SPANS = [3, 6, 12];

/** Of a pass so much before what came is known in part alone, s. */
const UNCLEAR_SECONDS = 20;
/** Times that are remembered. */
const KEPT = 16;

/** Standard deviations of a Poisson count that a rate may be over the usual one by chance. */
const DEVIATIONS = 2.5;

/** From a decision until it is in force, s. */
export const EFFECT_SECONDS = 3;

/** A pass is made so much before a spike may come. Most begin later than they may: the whole span finds it in force. */
const LEAD_SECONDS = EFFECT_SECONDS;
/** What is due so soon after a pass is made with it: the next change of a service must wait until this one runs. */
const TOGETHER_SECONDS = EFFECT_SECONDS;

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
  /** By the latest seconds none had begun before that, s; -Infinity where they did not tell, undefined where nobody asked or they never do. */
  readonly seenSeconds: number | undefined;
  /** By the schedule, requests/s; NaN where none was known. */
  readonly forecast: number;
}

export class SpikeForecast {
  readonly #watch = new SpikeWatch();
  #schedule: SpikeSchedule | undefined;
  #own: SpikeSchedule | undefined;
  #known = 0;
  #readUntil = Number.NEGATIVE_INFINITY;
  /** The latest times at which requests were answered too late to say when they came. */
  readonly #unclear: { readonly fromSeconds: number; readonly toSeconds: number }[] = [];
  /** Where work piles up, until when it did not, s. */
  #clearUntil: number | undefined;

  /** Largest rate that may come before long, requests/s; undefined where spikes have no schedule. */
  get peak(): number | undefined {
    return this.#schedule && this.#usual() + this.#schedule.height;
  }

  /** The schedule that was told from its own spikes alone. */
  get own(): SpikeSchedule | undefined {
    return this.#own;
  }

  /** Follows the schedule of another chain where that is known when its own is not, or better. */
  adopt(others: readonly SpikeSchedule[]): void {
    const { spikes } = this.#watch;
    // Of one the shortest time between two is not known.
    if (spikes.length < 2) return;
    for (const other of others) {
      // On a finer grid, or a coarser one, this one has spikes at other points.
      if (this.#own !== undefined && Math.round(this.#own.periodSeconds / other.periodSeconds) !== 1)
        continue;
      if (other.toleranceSeconds >= (this.#schedule?.toleranceSeconds ?? Number.POSITIVE_INFINITY)) continue;
      this.#schedule = adopted(other, spikes, others.length) ?? this.#schedule;
    }
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
    this.#own = scheduleOf(spikes);
    this.#schedule = this.#own;
  }

  /** Leaves out the spans that have ended by then, of silence. */
  skip(untilSeconds: number): void {
    this.#watch.skip(Math.floor(untilSeconds / SPAN_SECONDS) - 1);
  }

  /** What is known now. A schedule is followed to the second: passes come when `changesAt` says. */
  now(atSeconds: number, untilSeconds: number, rateOver?: RateOver): SpikesThen {
    const known = {
      atSeconds,
      untilSeconds,
      usual: this.#usual(),
      latest: this.#watch.latest,
      present: this.#watch.present(),
      beforeSeconds: this.#watch.spikes.at(-1)?.earliestSeconds ?? Number.NEGATIVE_INFINITY,
      seenSeconds: undefined,
      forecast: Number.NaN,
    };
    const schedule = this.#schedule;
    if (schedule === undefined) return known;
    const soon = atSeconds + LEAD_SECONDS + TOGETHER_SECONDS;
    const isAsked = rateOver !== undefined && this.#isDue(schedule, known, soon);
    const seenSeconds = isAsked ? seenUntil(atSeconds, known.usual, schedule.height, rateOver) : undefined;
    const then = { ...known, seenSeconds };
    return { ...then, forecast: this.#upTo(schedule, then, soon) };
  }

  /**
   * When the forecast that was made then changes next by the clock, or by what is seen of a spike, Unix s; infinite without a
   * schedule.
   *
   * @param lateSeconds how long after its end a span is known
   */
  changesAt(then: SpikesThen, lateSeconds: number): number {
    const schedule = this.#schedule;
    if (schedule === undefined) return Number.POSITIVE_INFINITY;
    const { atSeconds, untilSeconds } = then;
    const knownAt = (seconds: number) =>
      SPAN_SECONDS * (Math.floor(seconds / SPAN_SECONDS) + 1) + lateSeconds;
    if (then.present !== undefined) return knownAt(untilSeconds);
    const due = this.#nextDue(schedule, then);
    if (Number.isNaN(due)) return Number.POSITIVE_INFINITY;
    const opens = due - schedule.toleranceSeconds - LEAD_SECONDS;
    if (opens > atSeconds + TOGETHER_SECONDS) return opens;
    const inTime = due + schedule.toleranceSeconds;
    const closes = this.#seen(schedule, then) < inTime ? inTime : due + lateBy(schedule);
    const known = knownAt(closes + this.#unseenSeconds(schedule, then));
    const looked = Math.max(closes + FIRST_LOOK_SECONDS, atSeconds + 1);
    return then.seenSeconds !== undefined && looked <= closes + LAST_LOOK_SECONDS
      ? Math.min(known, looked)
      : known;
  }

  /**
   * What was forecast then, requests/s. Where no schedule was known then, what the one that is
   * known now would have forecast until the pass after had taken effect; NaN where there is none now.
   */
  at(then: SpikesThen, intervalSeconds: number): number {
    const schedule = this.#schedule;
    if (schedule === undefined) return Number.NaN;
    if (!Number.isNaN(then.forecast)) return then.forecast;
    if (this.#isUnclear(schedule, then.atSeconds)) return Number.NaN;
    return this.#upTo(schedule, then, then.atSeconds + intervalSeconds + EFFECT_SECONDS);
  }

  #upTo(schedule: SpikeSchedule, then: SpikesThen, toSeconds: number): number {
    const { usual, present } = then;
    const isDue = this.#isDue(schedule, then, toSeconds);
    const peak = isDue || isThere(then) ? usual + schedule.height : 0;
    return Math.max(usual, present?.rate ?? 0, peak);
  }

  #isDue(schedule: SpikeSchedule, then: SpikesThen, toSeconds: number): boolean {
    return this.#nextDue(schedule, then) <= toSeconds + schedule.toleranceSeconds;
  }

  /** The first point of the grid at which one may come that was not seen yet. */
  #nextDue(schedule: SpikeSchedule, then: SpikesThen): number {
    return nextDue(schedule, this.#seen(schedule, then), then.beforeSeconds);
  }

  /** By then none had begun, s. */
  #seen(schedule: SpikeSchedule, then: SpikesThen): number {
    const { untilSeconds, seenSeconds } = then;
    const bySpans = untilSeconds - this.#unseenSeconds(schedule, then);
    return Math.max(bySpans, seenSeconds ?? bySpans);
  }

  /** A spike that began so much before the end of the newest span, or less, may not have been seen in it, s. */
  #unseenSeconds({ height }: SpikeSchedule, { usual, latest }: SpikesThen): number {
    const isMore = latest > usual + DEVIATIONS * Math.sqrt(usual / SPAN_SECONDS);
    if (isMore || height <= 0) return SPAN_SECONDS;
    return Math.min(SPAN_SECONDS, (SPAN_SECONDS * (leastSpike(usual) - usual)) / height);
  }

  /** The same where the largest spike is due at any time; NaN where there was none, requests/s. */
  held({ usual, present }: SpikesThen): number {
    const height = heightOf(this.#watch.spikes);
    return height === 0 ? Number.NaN : Math.max(present?.rate ?? 0, usual + height);
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

function isThere({ present }: SpikesThen): boolean {
  return present !== undefined && !present.isGoing;
}
