/** How many seconds of each of the latest coarse slots a source has told of: what tells a silent series from a gap. */
export class ToldRing {
  readonly #indices: Int32Array;
  readonly #seconds: Float64Array;

  constructor(slots: number) {
    this.#indices = new Int32Array(slots);
    this.#seconds = new Float64Array(slots);
  }

  add(index: number, seconds: number): void {
    this.replace(index, this.secondsIn(index) + seconds);
  }

  replace(index: number, seconds: number): void {
    const at = index % this.#seconds.length;
    this.#indices[at] = index;
    this.#seconds[at] = seconds;
  }

  secondsIn(index: number): number {
    const at = index % this.#seconds.length;
    return this.#indices[at] === (index | 0) ? this.#seconds[at]! : 0;
  }

  /** Forgets every slot after the given one. */
  dropAfter(index: number): void {
    for (let at = 0; at < this.#seconds.length; at++) {
      if (((this.#indices[at]! - index) | 0) > 0) this.#seconds[at] = 0;
    }
  }
}
