/** A fit is made anew when this share of what it rests on is new: what agrees with it hardly moves it. */
const NEW_SHARE = 1 / 16;
/** Up to so many windows each one counts. */
const EACH_COUNTS_UP_TO = 64;
/** When so many came without anybody asking for a fit, the next one is not judged before it is made. */
const OVERDUE = 16;

/**
 * When to fit again: each learner with every n-th window. Each has another `ordinal`, which says with which of them, so that
 * every pass has about the same number of fits, whatever made some of them earlier.
 */
export class FitTurns {
  private readonly ordinal: number;
  private total = 0;
  private added = 0;
  private isFirst = true;

  constructor(ordinal: number) {
    this.ordinal = ordinal;
  }

  add(): void {
    this.total++;
    this.added++;
  }

  /** `count`: windows that there are. */
  isDue(count: number): boolean {
    if (this.added === 0 || this.isFirst) return this.added > 0;
    const between = windowsBetween(count);
    const turnAt = (total: number) => Math.floor((total + this.ordinal) / between);
    return turnAt(this.total) > turnAt(this.total - this.added);
  }

  get isOverdue(): boolean {
    return this.added >= OVERDUE;
  }

  fitted(): void {
    this.added = 0;
    this.isFirst = false;
  }
}

function windowsBetween(count: number): number {
  return count <= EACH_COUNTS_UP_TO ? 1 : Math.floor(NEW_SHARE * count);
}
