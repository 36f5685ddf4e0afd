import { withOdds } from '../../models/odds.ts';

/** Loads at which slow shares are worked out, as factors of the planned ones: tenths. */
export const LOAD_FACTORS: readonly number[] = [0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.6, 2, 3];

const TENTHS = LOAD_FACTORS.map((factor) => Math.round(10 * factor));
const LEAST = TENTHS[0]!;
const LAST = TENTHS.at(-1)! - LEAST;

/** Share of a chain's requests over the SLO as a function of its load over the planned one. */
export class ShareCurve {
  readonly #shares: readonly number[];
  /** At every tenth: it is read some hundred thousand times a minute. */
  readonly #tenths: Float64Array;

  /** `shares`: at `LOAD_FACTORS`. `factor`: what they are multiplied by in their odds. */
  constructor(shares: readonly number[], factor = 1) {
    this.#shares = factor === 1 ? shares : shares.map((share) => withOdds(share, factor));
    this.#tenths = tenthsOf(this.#shares);
  }

  times(factor: number): ShareCurve {
    return new ShareCurve(this.#shares, factor);
  }

  /** On lines between the points; beyond the last everything is slow. */
  at(load: number): number {
    const place = 10 * load - LEAST;
    if (place <= 0) return this.#tenths[0]!;
    if (!(place <= LAST)) return 1;
    const low = Math.min(LAST - 1, Math.floor(place));
    const left = this.#tenths[low]!;
    return left + (place - low) * (this.#tenths[low + 1]! - left);
  }
}

function tenthsOf(shares: readonly number[]): Float64Array {
  const all = new Float64Array(LAST + 1);
  for (const [i, to] of TENTHS.entries()) {
    const from = TENTHS[i - 1] ?? to;
    for (let tenth = from; tenth <= to; tenth++) {
      const part = to === from ? 1 : (tenth - from) / (to - from);
      all[tenth - LEAST] = (1 - part) * (shares[i - 1] ?? 0) + part * shares[i]!;
    }
  }
  return all;
}
