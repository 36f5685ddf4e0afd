import { float32s, float64s } from './small-arrays.ts';

/**
 * Bins per step ahead: the middle one holds the zeros alone, those on either side are even in asinh(FINENESS · z) up to
 * REACH: |z| up to 137, by a third each.
 */
const BINS = 49;
const ZERO = (BINS - 1) / 2;
const FINENESS = 4;
const REACH = 7;
const MEMORY_STEPS = 1000;
/** With this many residuals quantiles are looked up at every fourth step, each step ahead at its turn. */
const SETTLED_COUNT = 500;
const TURNS = 4;
/** The unit of z is renewed when the typical |z| has left 1/2 … 2, by a power of two: so rounding changes nothing else. */
const MOST_DRIFT = 2;
/** The share of residuals that a unit may leave in the outermost bins, where their size is lost; but a single one always. */
const MOST_LOST = 0.002;
const SINGLE = 1.5;
/** One residual moves the unit by no more than this. */
const MOST_Z = 100;

const EDGES = Float64Array.from({ length: BINS + 1 }, (_, i) => {
  const fromZero = i <= ZERO ? i - ZERO : i - ZERO - 1;
  return Math.sinh((fromZero * REACH) / ZERO) / FINENESS;
});
/** Where the outermost bins begin. */
const OUTERMOST = EDGES[BINS - 1]!;

/**
 * Quantiles of recent residuals for each step ahead, over a local scale that the caller states: a histogram that fades
 * with a memory of about 1,000 steps. Residuals are kept in a unit of their own typical size, so they may have any
 * dimension; when that size drifts the histogram is moved over. Zeros tell nothing of a size, and large residuals are
 * remembered as such for as long as they count: after a calm stretch the former spread is there again. 196 bytes a step
 * ahead.
 */
export class ResidualQuantiles {
  readonly #horizon: number;
  readonly #counts: Float32Array;
  /** By step ahead: sum of counts, unit of z, and over all but the zeros their number and the faded mean of √|z|. */
  readonly #totals: Float64Array;
  readonly #units: Float64Array;
  readonly #sized: Float64Array;
  readonly #roots: Float64Array;
  /** The quantiles last looked up, [horizon × levels], NaN: to be looked up. */
  readonly #levels: readonly number[];
  readonly #found: Float64Array;
  #growth = 1;
  #turn = 0;

  /** @param levels of the quantiles that will be asked for, ascending and above 1/2 */
  constructor(horizon: number, levels: readonly number[]) {
    this.#horizon = horizon;
    this.#counts = float32s(horizon * BINS);
    this.#totals = float64s(horizon);
    this.#units = float64s(horizon);
    this.#sized = float64s(horizon);
    this.#roots = float64s(horizon);
    this.#levels = levels;
    this.#found = float64s(horizon * levels.length).fill(Number.NaN);
  }

  /** Lets older residuals fade by one step: newer ones count more. */
  fade(): void {
    this.#turn += 1;
    this.#growth *= 1 + 1 / MEMORY_STEPS;
    if (this.#growth < 1e6) return;
    for (let i = 0; i < this.#counts.length; i++) this.#counts[i]! /= this.#growth;
    for (let h = 0; h < this.#horizon; h++) this.#totals[h]! /= this.#growth;
    this.#growth = 1;
  }

  /** Takes one residual in scales, h steps ahead (from 0). */
  take(h: number, residual: number): void {
    if (this.#units[h] === 0) this.#units[h] = Math.abs(residual);
    const z = residual === 0 ? 0 : residual / this.#units[h]!;
    this.#counts[h * BINS + binOf(z)]! += this.#growth;
    this.#totals[h]! += this.#growth;
    if (z === 0) return;
    this.#sized[h] = Math.min(MEMORY_STEPS, this.#sized[h]! + 1);
    this.#roots[h]! += (Math.sqrt(Math.min(Math.abs(z), MOST_Z)) - this.#roots[h]!) / this.#sized[h]!;
    this.#renewUnit(h, Math.abs(z));
  }

  /** Residuals that the quantiles h steps ahead rest on, newer ones counting as one. */
  count(h: number): number {
    return this.#totals[h]! / this.#growth;
  }

  /**
   * Writes the residuals, in scales, that the levels' shares of those h steps ahead (from 0) did not exceed: the
   * level·(1 + 1/n) quantiles, as in split conformal prediction (Lei et al. 2018); 0 before the first.
   */
  quantiles(h: number, out: Float64Array): void {
    const levels = this.#levels.length;
    const first = h * levels;
    const due = this.count(h) < SETTLED_COUNT || (this.#turn + h) % TURNS === 0;
    if (due || Number.isNaN(this.#found[first]!)) this.#lookUp(h);
    for (let q = 0; q < levels; q++) out[q] = this.#found[first + q]!;
  }

  #lookUp(h: number): void {
    const [levels, counts] = [this.#levels, this.#counts];
    const total = this.#totals[h]!;
    const correction = 1 + 1 / this.count(h);
    const first = h * BINS;
    let above = 0;
    let bin = BINS - 1;
    for (let q = levels.length - 1; q >= 0; q--) {
      const wanted = Math.max(0, 1 - levels[q]! * correction) * total;
      while (bin > 0 && above + counts[first + bin]! <= wanted) {
        above += counts[first + bin]!;
        bin -= 1;
      }
      const count = counts[first + bin]!;
      const share = count > 0 ? Math.min(1, (wanted - above) / count) : 0;
      const z = EDGES[bin + 1]! - share * (EDGES[bin + 1]! - EDGES[bin]!);
      this.#found[h * levels.length + q] = total === 0 ? 0 : z * this.#units[h]!;
    }
  }

  /** The median of the residuals h steps ahead (from 0), in scales; 0 before the first. */
  median(h: number): number {
    const half = this.#totals[h]! / 2;
    if (half === 0) return 0;
    const first = h * BINS;
    const counts = this.#counts;
    let below = 0;
    let bin = 0;
    while (bin < BINS - 1 && below + counts[first + bin]! < half) {
      below += counts[first + bin]!;
      bin += 1;
    }
    const share = Math.min(1, (half - below) / counts[first + bin]!);
    return (EDGES[bin]! + share * (EDGES[bin + 1]! - EDGES[bin]!)) * this.#units[h]!;
  }

  /** @param z of the newest residual */
  #renewUnit(h: number, z: number): void {
    const size = this.#roots[h]! ** 2;
    if (z > EDGES[BINS]! && this.#lost(h, OUTERMOST)) {
      this.#multiplyUnit(h, 2 ** Math.ceil(Math.log2(z / OUTERMOST)));
    } else if (size > MOST_DRIFT) {
      this.#multiplyUnit(h, 2 ** Math.round(Math.log2(size)));
    } else if (size < 1 / MOST_DRIFT && !this.#lost(h, OUTERMOST / 2)) {
      this.#multiplyUnit(h, 1 / 2);
    }
  }

  /** Whether too many of the residuals h steps ahead are in bins that reach beyond ∓z. */
  #lost(h: number, z: number): boolean {
    const counts = this.#counts;
    let sum = 0;
    for (let bin = 0, i = h * BINS; EDGES[bin]! < -z; bin++)
      sum += counts[i + bin]! + counts[i + BINS - 1 - bin]!;
    return sum > Math.max(MOST_LOST * this.#totals[h]!, SINGLE * this.#growth);
  }

  #multiplyUnit(h: number, by: number): void {
    const first = h * BINS;
    const before = this.#counts.slice(first, first + BINS);
    this.#counts.fill(0, first, first + BINS);
    for (let bin = 0; bin < BINS; bin++) {
      const middle = (EDGES[bin]! + EDGES[bin + 1]!) / 2;
      this.#counts[first + binOf(middle / by)]! += before[bin]!;
    }
    this.#units[h]! *= by;
    this.#roots[h]! /= Math.sqrt(by);
    this.#found[h * this.#levels.length] = Number.NaN;
  }
}

/** The bin whose edges enclose z, the outermost for what is beyond. */
function binOf(z: number): number {
  if (z === 0) return ZERO;
  let low = 0;
  let high = BINS - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (EDGES[middle]! <= z) low = middle;
    else high = middle - 1;
  }
  return low;
}
