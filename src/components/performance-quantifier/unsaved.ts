/** What has changed and was not handed out to be saved, the longest waiting first. */
export class Unsaved {
  /** By name, the start of the first window that is not saved, Unix s. */
  readonly #since = new Map<string, number>();

  note(name: string, startSeconds: number): void {
    if (!this.#since.has(name)) this.#since.set(name, startSeconds);
  }

  /** Start of the oldest window that is not saved, Unix s; Infinity when everything is. */
  get sinceSeconds(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const seconds of this.#since.values()) oldest = Math.min(oldest, seconds);
    return oldest;
  }

  /** Names that have waited longest, at most `most`. */
  take(most: number): readonly string[] {
    const names = [...this.#since.keys()].slice(0, most);
    for (const name of names) this.#since.delete(name);
    return names;
  }
}
