const SECONDS_KEPT = 300;
const BLOCK_SECONDS = 30;
/** Weight of the newest sample in the mean over about a second. */
const NEWEST = 0.1;

/** The largest of a series of samples, one each 100 ms and smoothed over about a second, in the last five minutes. */
export class RecentPeak {
  #mean: number | undefined;
  readonly #blocks: { readonly number: number; peak: number }[] = [];

  observe(sample: number, nowSeconds: number): number {
    this.#mean = this.#mean === undefined ? sample : this.#mean + NEWEST * (sample - this.#mean);
    const number = Math.floor(nowSeconds / BLOCK_SECONDS);
    const last = this.#blocks.at(-1);
    if (last?.number === number) last.peak = Math.max(last.peak, this.#mean);
    else this.#open(number, this.#mean);
    let peak = 0;
    for (const block of this.#blocks) peak = Math.max(peak, block.peak);
    return peak;
  }

  #open(number: number, peak: number): void {
    this.#blocks.push({ number, peak });
    while (number - this.#blocks[0]!.number > SECONDS_KEPT / BLOCK_SECONDS) this.#blocks.shift();
  }
}
