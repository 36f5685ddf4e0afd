import { ActivityRing } from './activity-ring.ts';
import { RECENT_SECONDS, type TimeGrid } from './time-grid.ts';

/** Which times the monitor knows anything about: what tells "no requests" from "not watched". */
export class Coverage {
  readonly #grid: TimeGrid;
  readonly #activity: ActivityRing;
  #firstRecordSeconds = Number.POSITIVE_INFINITY;
  #startSeconds: number;
  #fineSince = Number.NEGATIVE_INFINITY;
  #newestCoarse = Number.NEGATIVE_INFINITY;

  constructor(grid: TimeGrid, startSeconds: number) {
    this.#grid = grid;
    this.#activity = new ActivityRing(grid.coarseSlots);
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
    if (atSeconds < this.#firstRecordSeconds) this.#firstRecordSeconds = atSeconds;
    if (coarse <= this.#newestCoarse) return false;
    this.#newestCoarse = coarse;
    return true;
  }

  /** Rows were restored now: fine slots know nothing of the time before. */
  noteRestore(nowSeconds: number): void {
    this.#fineSince = nowSeconds;
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
  wasActive(coarseFrom: number, coarseTo: number): boolean {
    for (let slot = coarseFrom; slot < coarseTo; slot++) if (this.#activity.has(slot)) return true;
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
    this.#newestCoarse = Math.min(this.#newestCoarse, coarse);
    this.#startSeconds = Math.min(this.#startSeconds, seconds);
    this.#fineSince = Math.min(this.#fineSince, seconds);
    if (this.#firstRecordSeconds > seconds && Number.isFinite(this.#firstRecordSeconds)) {
      this.#firstRecordSeconds = seconds;
    }
  }
}
