/**
 * Means of the newest values of a series over several windows at once, for the features of several regressions. A gap
 * takes the last known value. Before a window is full it is what is there.
 */
export class WindowMeans {
  readonly windows: readonly number[];
  readonly means: Float64Array;
  readonly #ring: Float64Array;
  readonly #sums: Float64Array;
  #count = 0;
  #last = Number.NaN;

  constructor(windows: readonly number[]) {
    this.windows = windows;
    this.means = new Float64Array(windows.length).fill(Number.NaN);
    this.#ring = new Float64Array(Math.max(...windows));
    this.#sums = new Float64Array(windows.length);
  }

  advance(value: number): void {
    if (!Number.isNaN(value)) this.#last = value;
    if (Number.isNaN(this.#last)) return;
    const size = this.#ring.length;
    for (let i = 0; i < this.windows.length; i++) {
      const window = this.windows[i]!;
      const gone = this.#count >= window ? this.#ring[(this.#count - window) % size]! : 0;
      this.#sums[i]! += this.#last - gone;
      this.means[i] = this.#sums[i]! / Math.min(window, this.#count + 1);
    }
    this.#ring[this.#count % size] = this.#last;
    this.#count += 1;
  }
}
