import { ActivityRing } from './activity-ring.ts';
import { RECENT_SECONDS, type TimeGrid } from './time-grid.ts';

/** Share of a step that a restart or a source's silence may take without making its rate unknown. */
export const MOST_MISSED = 0.1;

/** Which times the monitor knows anything about: what tells "no requests" from "not watched". */
export class Coverage {
  readonly #grid: TimeGrid;
  readonly #activity: ActivityRing;
  /** The same for what sources told: it says nothing of those who post records. */
  readonly #told: ActivityRing;
  #firstRecordSeconds = Number.POSITIVE_INFINITY;
  #startSeconds: number;
  #fineSince = Number.NEGATIVE_INFINITY;
  #newestCoarse = Number.NEGATIVE_INFINITY;
  /** From the newest record of an earlier run to the restart: nobody was there to record. */
  #gap = { fromSeconds: 0, toSeconds: 0 };

  constructor(grid: TimeGrid, startSeconds: number) {
    this.#grid = grid;
    this.#activity = new ActivityRing(grid.coarseSlots);
    this.#told = new ActivityRing(grid.coarseSlots);
    this.#startSeconds = startSeconds;
  }

  get firstRecordSeconds(): number | undefined {
    return Number.isFinite(this.#firstRecordSeconds) ? this.#firstRecordSeconds : undefined;
  }

  /** Start of the monitor, or its oldest record where that is older. */
  get watchedSince(): number {
    return Math.min(this.#startSeconds, this.#firstRecordSeconds);
  }

  /** Takes note of a record; true when it is the first of a new coarse slot. */
  note(coarse: number, atSeconds: number): boolean {
    this.#activity.mark(coarse);
    return this.#advance(coarse, atSeconds);
  }

  /** The same for a step that a source told of, with or without requests. */
  noteTold(coarse: number, atSeconds: number): boolean {
    this.#told.mark(coarse);
    return this.#advance(coarse, atSeconds);
  }

  /** Rows were restored now: fine slots know nothing of the time before. */
  noteRestore(nowSeconds: number): void {
    this.#fineSince = nowSeconds;
  }

  /** The newest record that an earlier run has left. */
  noteGap(newestSeconds: number, nowSeconds: number): void {
    this.#gap = { fromSeconds: newestSeconds, toSeconds: nowSeconds };
  }

  /** Whether a restart took more of [from, to) than counts: a sum over it is then no rate of the whole. */
  wasInterrupted(fromSeconds: number, toSeconds: number): boolean {
    const missed = Math.min(toSeconds, this.#gap.toSeconds) - Math.max(fromSeconds, this.#gap.fromSeconds);
    return missed > MOST_MISSED * (toSeconds - fromSeconds);
  }

  /** An earlier run had been watching since then. */
  noteWatched(sinceSeconds: number): void {
    this.#startSeconds = Math.min(this.#startSeconds, sinceSeconds);
  }

  /** The time from which on the fine slots know everything. */
  recentSince(nowSeconds: number): number {
    return Math.max(nowSeconds - RECENT_SECONDS, this.#fineSince);
  }

  /** The oldest coarse slot that is still kept. */
  oldestCoarse(nowSeconds: number): number {
    return this.#grid.coarseOf(this.#grid.fineOf(nowSeconds)) - this.#grid.coarseSlots + 1;
  }

  /** Whether any series had a record in the coarse slots [from, to). */
  hadRecords(coarseFrom: number, coarseTo: number): boolean {
    for (let slot = coarseFrom; slot < coarseTo; slot++) if (this.#activity.has(slot)) return true;
    return false;
  }

  /** Whether anything is known of the coarse slots [from, to). */
  wasActive(coarseFrom: number, coarseTo: number): boolean {
    if (this.hadRecords(coarseFrom, coarseTo)) return true;
    for (let slot = coarseFrom; slot < coarseTo; slot++) if (this.#told.has(slot)) return true;
    return false;
  }

  /** The part of [from, to) that was watched, s; never less than one fine slot, for rates divide by it. */
  coveredSeconds(fromSeconds: number, toSeconds: number): number {
    return Math.max(this.#grid.fineSeconds, toSeconds - Math.max(fromSeconds, this.watchedSince));
  }

  /** The clock was set back: what was noted of later times is not true of them. */
  goBackTo(seconds: number): void {
    const coarse = this.#grid.coarseOf(this.#grid.fineOf(seconds));
    this.#activity.dropAfter(coarse);
    this.#told.dropAfter(coarse);
    this.#newestCoarse = Math.min(this.#newestCoarse, coarse);
    this.#startSeconds = Math.min(this.#startSeconds, seconds);
    this.#fineSince = Math.min(this.#fineSince, seconds);
    if (this.#firstRecordSeconds > seconds && Number.isFinite(this.#firstRecordSeconds)) {
      this.#firstRecordSeconds = seconds;
    }
  }

  #advance(coarse: number, atSeconds: number): boolean {
    if (atSeconds < this.#firstRecordSeconds) this.#firstRecordSeconds = atSeconds;
    if (coarse <= this.#newestCoarse) return false;
    this.#newestCoarse = coarse;
    return true;
  }
}
