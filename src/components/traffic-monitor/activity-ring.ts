import { powerOfTwo } from './counter-ring.ts';

/** Remembers in which coarse slots anything at all was recorded: what tells a quiet chain from a monitor that was off. */
export class ActivityRing {
  readonly #mask: number;
  readonly #indices: Float64Array;

  constructor(slots: number) {
    const size = powerOfTwo(slots);
    this.#mask = size - 1;
    this.#indices = new Float64Array(size).fill(Number.NaN);
  }

  mark(index: number): void {
    this.#indices[index & this.#mask] = index;
  }

  has(index: number): boolean {
    return this.#indices[index & this.#mask] === index;
  }

  dropAfter(index: number): void {
    for (let at = 0; at < this.#indices.length; at++) {
      if (this.#indices[at]! > index) this.#indices[at] = Number.NaN;
    }
  }
}
