/** Bins per step ahead, even in asinh(FINENESS · z) between ∓REACH: z from −137 to 137 in steps of a third. */
const BINS = 48;
const FINENESS = 4;
const REACH = 7;
const WIDTH = (2 * REACH) / BINS;
const MEMORY_STEPS = 1000;
/** The unit of z is renewed when the typical |z| has left 1/2 … 2. */
const MOST_DRIFT = 2;
/** One residual moves the unit by no more than this. */
const MOST_Z = 100;

const EDGES = Float64Array.from({ length: BINS + 1 }, (_, i) => Math.sinh(i * WIDTH - REACH) / FINENESS);

/**
 * Quantiles of recent residuals for each step ahead, over a local scale that the caller states: a histogram that fades
 * with a memory of about 1,000 steps. Residuals are kept in a unit of their own typical size, so they may have any
 * dimension; when that size drifts the histogram is moved over. 192 bytes a step ahead.
 */
export class ResidualQuantiles {
  readonly #horizon: number;
  readonly #counts: Float32Array;
  /** By step ahead: sum of counts, unit of z, and the faded mean of √|z|. */
  readonly #totals: Float64Array;
  readonly #units: Float64Array;
  readonly #roots: Float64Array;
  #growth = 1;

  constructor(horizon: number) {
    this.#horizon = horizon;
    this.#counts = new Float32Array(horizon * BINS);
    this.#totals = new Float64Array(horizon);
    this.#units = new Float64Array(horizon);
    this.#roots = new Float64Array(horizon);
  }

  /** Lets older residuals fade by one step: newer ones count more. */
  fade(): void {
    this.#growth *= 1 + 1 / MEMORY_STEPS;
    if (this.#growth < 1e6) return;
    for (let i = 0; i < this.#counts.length; i++) this.#counts[i]! /= this.#growth;
    for (let h = 0; h < this.#horizon; h++) this.#totals[h]! /= this.#growth;
    this.#growth = 1;
  }

  /** Takes one residual in scales, h steps ahead (from 0). */
  take(h: number, residual: number): void {
    if (this.#units[h] === 0) this.#units[h] = Math.abs(residual);
    const unit = this.#units[h]!;
    const z = unit > 0 ? residual / unit : 0;
    this.#counts[h * BINS + binOf(z)]! += this.#growth;
    this.#totals[h]! += this.#growth;
    this.#roots[h]! +=
      (Math.sqrt(Math.min(Math.abs(z), MOST_Z)) - this.#roots[h]!) * (this.#growth / this.#totals[h]!);
    if (unit > 0) this.#renewUnit(h);
  }

  /** Residuals that the quantiles h steps ahead rest on, newer ones counting as one. */
  count(h: number): number {
    return this.#totals[h]! / this.#growth;
  }

  /**
   * Writes the residuals, in scales, that shares `levels` (ascending, above 1/2) of those h steps ahead (from 0) did not
   * exceed: the level·(1 + 1/n) quantiles, as in split conformal prediction (Lei et al. 2018); 0 before the first.
   */
  quantiles(h: number, levels: readonly number[], out: Float64Array): void {
    const total = this.#totals[h]!;
    const correction = 1 + 1 / this.count(h);
    const first = h * BINS;
    let above = 0;
    let bin = BINS - 1;
    for (let q = levels.length - 1; q >= 0; q--) {
      const wanted = Math.max(0, 1 - levels[q]! * correction) * total;
      while (bin > 0 && above + this.#counts[first + bin]! <= wanted) {
        above += this.#counts[first + bin]!;
        bin -= 1;
      }
      const count = this.#counts[first + bin]!;
      const share = count > 0 ? Math.min(1, (wanted - above) / count) : 0;
      const z = EDGES[bin + 1]! - share * (EDGES[bin + 1]! - EDGES[bin]!);
      out[q] = total === 0 ? 0 : z * this.#units[h]!;
    }
  }

  /** The median of the residuals h steps ahead (from 0), in scales; 0 before the first. */
  median(h: number): number {
    const half = this.#totals[h]! / 2;
    if (half === 0) return 0;
    const first = h * BINS;
    let below = 0;
    let bin = 0;
    while (bin < BINS - 1 && below + this.#counts[first + bin]! < half) {
      below += this.#counts[first + bin]!;
      bin += 1;
    }
    const share = Math.min(1, (half - below) / this.#counts[first + bin]!);
    return (EDGES[bin]! + share * (EDGES[bin + 1]! - EDGES[bin]!)) * this.#units[h]!;
  }

  #renewUnit(h: number): void {
    const size = this.#roots[h]! ** 2;
    if (!(size > MOST_DRIFT || size < 1 / MOST_DRIFT) || size === 0) return;
    const first = h * BINS;
    const before = this.#counts.slice(first, first + BINS);
    this.#counts.fill(0, first, first + BINS);
    for (let bin = 0; bin < BINS; bin++) {
      const middle = (EDGES[bin]! + EDGES[bin + 1]!) / 2;
      this.#counts[first + binOf(middle / size)]! += before[bin]!;
    }
    this.#units[h]! *= size;
    this.#roots[h] = 1;
  }
}

function binOf(z: number): number {
  const bin = Math.floor((Math.asinh(z * FINENESS) + REACH) / WIDTH);
  return Math.max(0, Math.min(BINS - 1, bin));
}
