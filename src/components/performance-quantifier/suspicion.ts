/** A window that is this near to what the model promises ends a suspicion. */
const AS_PROMISED = 0.5;
/** So many windows, this many of them surprising in one direction, are a change: one may be garbage. */
const CHANGE_WINDOWS = 5;
const CHANGE_SURPRISES = 4;
/** From so many surprises on a change is more likely than none. */
const LIKELY_SURPRISES = 3;
/** What has not become a change by then is none; and after so many windows that say nothing, no more is waited for. */
const LONGEST = 12;

/**
 * Whether the newest windows contradict the model: begins with a surprising window, ends with one that is as promised.
 * Windows in between, or that surprise in the other direction, are no evidence for either.
 */
export class Suspicion {
  /** Start of the first window under suspicion, Unix s. */
  readonly sinceSeconds: number;
  private readonly direction: number;
  private windows = 1;
  private surprises = 1;
  private silent = 0;

  private constructor(sinceSeconds: number, direction: number) {
    this.sinceSeconds = sinceSeconds;
    this.direction = direction;
  }

  /** The suspicion after one more window; `surprise` as `surpriseOf` gives it. */
  static after(before: Suspicion | undefined, surprise: number, startSeconds: number): Suspicion | undefined {
    if (before === undefined) return begun(surprise, startSeconds);
    if (Math.abs(surprise) < AS_PROMISED) return undefined;
    before.count(surprise);
    return before.isOver ? begun(surprise, startSeconds) : before;
  }

  /** One more window of which the model says nothing, as at a load that it has never seen. */
  countSilent(): void {
    this.silent++;
  }

  /** Whether nothing more is to be expected. */
  get isStuck(): boolean {
    return this.silent >= LONGEST;
  }

  static begin(surprise: number, startSeconds: number): Suspicion {
    return new Suspicion(startSeconds, Math.sign(surprise));
  }

  /** One odd window is fitted like any other, and garbage counts little there; more of them wait outside. */
  get isRepeated(): boolean {
    return this.surprises > 1;
  }

  get isLikely(): boolean {
    return this.surprises >= LIKELY_SURPRISES;
  }

  get isChange(): boolean {
    return this.windows >= CHANGE_WINDOWS && this.surprises >= CHANGE_SURPRISES;
  }

  private count(surprise: number): void {
    this.windows++;
    if (surprise * this.direction > 1) this.surprises++;
  }

  /** More windows against it than for it. */
  private get isOver(): boolean {
    return 2 * this.surprises < this.windows || this.windows > LONGEST;
  }
}

function begun(surprise: number, startSeconds: number): Suspicion | undefined {
  return Math.abs(surprise) > 1 ? Suspicion.begin(surprise, startSeconds) : undefined;
}
