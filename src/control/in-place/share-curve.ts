import { withOdds } from '../../models/odds.ts';

/** Loads at which slow shares are worked out, as factors of the planned ones. */
export const LOAD_FACTORS: readonly number[] = [0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.6, 2, 3];

/** Share of a chain's requests over the SLO as a function of its load over the planned one. */
export class ShareCurve {
  readonly #shares: readonly number[];

  /** `shares`: at `LOAD_FACTORS`. `factor`: what they are multiplied by in their odds. */
  constructor(shares: readonly number[], factor = 1) {
    this.#shares = factor === 1 ? shares : shares.map((share) => withOdds(share, factor));
  }

  times(factor: number): ShareCurve {
    return new ShareCurve(this.#shares, factor);
  }

  /** On lines between the points; beyond the last everything is slow. */
  at(load: number): number {
    const above = LOAD_FACTORS.findIndex((factor) => factor >= load);
    if (above === 0) return this.#shares[0]!;
    if (above < 0) return 1;
    const [low, high] = [LOAD_FACTORS[above - 1]!, LOAD_FACTORS[above]!];
    const part = (load - low) / (high - low);
    return (1 - part) * this.#shares[above - 1]! + part * this.#shares[above]!;
  }
}
