/** Rows that wait to be written, by key: a newer version takes the place of the one that waits. */
export class Backlog<Row> {
  readonly #options: BacklogOptions<Row>;
  readonly #rows = new Map<string, Row>();

  constructor(options: BacklogOptions<Row>) {
    this.#options = options;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Answers how many of the oldest had to go. */
  add(rows: readonly Row[]): number {
    for (const row of rows) this.#rows.set(this.#options.keyOf(row), row);
    let dropped = 0;
    for (const key of this.#rows.keys()) {
      if (this.#rows.size <= this.#options.most) break;
      this.#rows.delete(key);
      dropped += 1;
    }
    return dropped;
  }

  /** Adds rows that are older than all that wait; answers as `add` does. */
  addBefore(rows: readonly Row[]): number {
    const newer = [...this.#rows];
    this.#rows.clear();
    const keys = new Set(newer.map(([key]) => key));
    const older = rows.filter((row) => !keys.has(this.#options.keyOf(row)));
    return this.add([...older, ...newer.map(([, row]) => row)]);
  }

  /** Writes rows that need not wait. Throws what the store throws. */
  write(rows: readonly Row[]): void {
    this.#options.write(rows);
  }

  /** Writes all that wait, some at once, so that what has been written need not be written again. Throws as above. */
  writeAll(): void {
    const rows = [...this.#rows];
    for (let from = 0; from < rows.length; from += this.#options.atOnce) {
      const some = rows.slice(from, from + this.#options.atOnce);
      this.#options.write(some.map(([, row]) => row));
      for (const [key] of some) this.#rows.delete(key);
    }
  }
}

export interface BacklogOptions<Row> {
  keyOf(row: Row): string;
  write(rows: readonly Row[]): void;
  /** Rows that are kept at most. */
  readonly most: number;
  /** Rows that are written in one call. */
  readonly atOnce: number;
}
