/** A fit is made anew when this share of what it rests on is new: what agrees with it hardly moves it. */
const NEW_SHARE = 1 / 16;
/** Up to so many windows each one counts. */
const EACH_COUNTS_UP_TO = 64;
/** When so many came without anybody asking for a fit, the next one is not judged before it is made. */
const OVERDUE = 16;

/**
 * When to fit again. Each learner has another `ordinal`, and they take turns: after the first fits, which come all at
 * once, every pass has about the same number of them.
 */
export class FitTurns {
  private readonly ordinal: number;
  private added = 0;
  private isFirst = true;

  constructor(ordinal: number) {
    this.ordinal = ordinal;
  }

  add(): void {
    this.added++;
  }

  /** `count`: windows that there are. */
  isDue(count: number): boolean {
    return this.added > 0 && (this.isFirst || this.added >= between(count));
  }

  get isOverdue(): boolean {
    return this.added >= OVERDUE;
  }

  fitted(count: number): void {
    this.added = this.isFirst ? this.ordinal % between(count) : 0;
    this.isFirst = false;
  }
}

function between(count: number): number {
  return count <= EACH_COUNTS_UP_TO ? 1 : Math.floor(NEW_SHARE * count);
}
