/** Width of the windows that profiles learn from, s. */
const WINDOW_SECONDS = 60;

/** Records that keep coming late change many windows all the time; they are learned again this often, s. */
const LEARN_AGAIN_SECONDS = 60;

/** Which windows were changed by late records after they had been learned from. */
export class LateWindows {
  readonly #starts = new Set<number>();
  #takenSeconds = Number.NEGATIVE_INFINITY;

  /** Notes that what is told of that time has changed. */
  note(atSeconds: number): void {
    this.#starts.add(Math.floor(atSeconds / WINDOW_SECONDS + 1e-9) * WINDOW_SECONDS);
  }

  isDue(nowSeconds: number): boolean {
    return this.#starts.size > 0 && Math.abs(nowSeconds - this.#takenSeconds) >= LEARN_AGAIN_SECONDS;
  }

  /** The changed windows, oldest first; each is handed out once. */
  take(nowSeconds: number): readonly { readonly fromSeconds: number; readonly toSeconds: number }[] {
    this.#takenSeconds = nowSeconds;
    const starts = [...this.#starts].sort((left, right) => left - right);
    this.#starts.clear();
    return starts.map((start) => ({ fromSeconds: start, toSeconds: start + WINDOW_SECONDS }));
  }

  /** Start of the oldest one, s; Infinity when there is none. */
  get sinceSeconds(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#starts);
  }
}
