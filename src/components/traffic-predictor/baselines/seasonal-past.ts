import { BlockMeans } from './block-means.ts';

/** A day of minutes and what is forecast beyond it. */
const RECENT_STEPS = 1472;

/**
 * What one series remembers for its seasons: the newest steps one by one (a day of minutes), and block means for a
 * week. 10 KB a series. A gap takes the last known value.
 */
export class SeasonalPast {
  readonly blocks: BlockMeans;
  readonly #recent: Float32Array;
  #step = -1;
  #last = Number.NaN;

  constructor(stepSeconds: number, recentSteps = RECENT_STEPS) {
    this.#recent = new Float32Array(recentSteps).fill(Number.NaN);
    this.blocks = new BlockMeans(stepSeconds);
  }

  advance(value: number): void {
    this.#step += 1;
    if (!Number.isNaN(value)) this.#last = value;
    this.#recent[this.#step % this.#recent.length] = this.#last;
    this.blocks.advance(value);
  }

  /** The value that many whole steps before the newest, from block means where single steps are forgotten. */
  valueAt(stepsAgo: number): number {
    if (stepsAgo > this.#step) return Number.NaN;
    const { length } = this.#recent;
    if (stepsAgo < length) return this.#recent[(this.#step - stepsAgo) % length]!;
    return this.blocks.levelAt(stepsAgo);
  }

  /** The newest steps, oldest first, at most `count`. */
  recent(count: number): Float64Array {
    const length = Math.min(count, this.#recent.length, this.#step + 1);
    return Float64Array.from({ length }, (_, i) => this.valueAt(length - 1 - i));
  }
}

/** How many steps before now that time lies which is whole seasons before the one `ahead`: as few as make it past. */
export function seasonsBefore(period: number, ahead: number): number {
  return period * Math.max(1, Math.ceil(ahead / period)) - ahead;
}
