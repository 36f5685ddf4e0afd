/**
 * Means over consecutive blocks of ten minutes, for a little more than a week back: what seasons of a day and a week
 * are read from, in 4 KB a series. A block without a known value is NaN.
 */
const BLOCK_SECONDS = 600;
const WEEK_SECONDS = 604_800;

export class BlockMeans {
  /** Steps in a block. */
  readonly blockSteps: number;
  readonly #means: Float32Array;
  #step = -1;
  #sum = 0;
  #known = 0;

  constructor(stepSeconds: number) {
    this.blockSteps = Math.max(1, Math.round(BLOCK_SECONDS / stepSeconds));
    const blocks = Math.ceil(WEEK_SECONDS / (this.blockSteps * stepSeconds));
    this.#means = new Float32Array(blocks + 8).fill(Number.NaN);
  }

  advance(value: number): void {
    this.#step += 1;
    if (this.#step % this.blockSteps === 0) {
      this.#sum = 0;
      this.#known = 0;
    }
    if (!Number.isNaN(value)) {
      this.#sum += value;
      this.#known += 1;
    }
    this.#means[this.#block(this.#step)] = this.#known === 0 ? Number.NaN : this.#sum / this.#known;
  }

  /** The level `stepsAgo` steps before the newest (fractions allowed), on the line between the middles of blocks; beside a gap that of the known block. */
  levelAt(stepsAgo: number): number {
    const position = (this.#step - stepsAgo + 0.5) / this.blockSteps - 0.5;
    const left = Math.floor(position);
    if (left < 0) return Number.NaN;
    const share = position - left;
    const size = this.#means.length;
    const a = this.#means[left % size]!;
    const b = this.#means[(left + 1) % size]!;
    if (share === 0 || Number.isNaN(b)) return a;
    return Number.isNaN(a) ? b : a + share * (b - a);
  }

  #block(step: number): number {
    return Math.floor(step / this.blockSteps) % this.#means.length;
  }
}
