import { float32s, float64s } from './small-arrays.ts';

const MOST_PHASES = 60;
const HOUR_SECONDS = 3600;
/** Bin 0 holds what is not above zero, bin 1 z up to `LEAST`, the others are √2 wide in ratio: up to 181. */
const BINS = 21;
const RATIO = Math.SQRT2;
const BINS_PER_OCTAVE = 2;
const LEAST = 0.25;
/** Phases with hardly any residuals lean on all phases together as if on this many. */
const PRIOR_COUNT = 4;
const MOST_COUNT = 255;
const MEMORY_STEPS = 1000;
const MOST_DRIFT = 2;
/** The share of residuals that a unit may leave in the last bin, where their size is lost; but a single one always. */
const MOST_LOST = 0.002;
const SINGLE = 1.5;
/** One residual moves the unit by no more than this. */
const MOST_Z = 100;

const EDGES = Float64Array.from({ length: BINS + 1 }, (_, i) => (i < 2 ? 0 : LEAST * RATIO ** (i - 2)));

/**
 * Upper quantiles of residuals by the minute of the hour that is forecast: people and their machines start things on
 * the hour and the half hour, so the risk of a burst depends on whether such a minute lies ahead. Counts are bytes,
 * halved when a minute has 255: a memory of about a week. Units are renewed as in `residual-quantiles.ts`. 1.3 KB a step
 * ahead.
 */
export class HourlyResiduals {
  readonly #horizon: number;
  readonly #stepsPerHour: number;
  readonly #phases: number;
  readonly #counts: Uint8Array;
  readonly #totals: Uint8Array;
  /** The same over all phases, by step ahead, fading; the unit of z; and over all but the zeros the faded mean of √|z|. */
  readonly #common: Float32Array;
  readonly #commonTotals: Float64Array;
  readonly #units: Float64Array;
  readonly #sized: Float64Array;
  readonly #roots: Float64Array;

  constructor(horizon: number, stepSeconds: number) {
    this.#horizon = horizon;
    this.#stepsPerHour = Math.max(1, Math.round(HOUR_SECONDS / stepSeconds));
    this.#phases = Math.min(MOST_PHASES, this.#stepsPerHour);
    this.#counts = new Uint8Array(this.#phases * horizon * BINS);
    this.#totals = new Uint8Array(this.#phases * horizon);
    this.#common = float32s(horizon * BINS);
    this.#commonTotals = float64s(horizon);
    this.#units = float64s(horizon);
    this.#sized = float64s(horizon);
    this.#roots = float64s(horizon);
  }

  /** Takes the residual in scales of the forecast of `step`, made h steps ahead (from 0). */
  take(h: number, step: number, residual: number): void {
    if (this.#units[h] === 0) this.#units[h] = Math.abs(residual);
    const unit = this.#units[h]!;
    if (!(unit > 0)) return;
    const z = residual / unit;
    const bin = binOf(z);
    this.#takeCommon(h, bin);
    const cell = this.#cell(h, step);
    this.#counts[cell * BINS + bin]! += 1;
    this.#totals[cell]! += 1;
    if (this.#totals[cell] === MOST_COUNT) this.#halve(cell);
    if (z === 0) return;
    this.#sized[h] = Math.min(MEMORY_STEPS, this.#sized[h]! + 1);
    this.#roots[h]! += (Math.sqrt(Math.min(Math.abs(z), MOST_Z)) - this.#roots[h]!) / this.#sized[h]!;
    this.#renewUnit(h, z);
  }

  /**
   * Writes the residuals, in scales, that shares `levels` (ascending, above 1/2) of those of the minute of `step` did not
   * exceed; 0 before the first.
   */
  quantiles(h: number, step: number, levels: readonly number[], out: Float64Array): void {
    const [counts, common] = [this.#counts, this.#common];
    const cell = this.#cell(h, step);
    const commonTotal = this.#commonTotals[h]!;
    const share = PRIOR_COUNT / Math.max(PRIOR_COUNT, commonTotal);
    const total = this.#totals[cell]! + commonTotal * share;
    let above = 0;
    let bin = BINS - 1;
    let count = counts[cell * BINS + bin]! + share * common[h * BINS + bin]!;
    for (let q = levels.length - 1; q >= 0; q--) {
      const wanted = (1 - levels[q]!) * total;
      while (bin > 0 && above + count <= wanted) {
        above += count;
        bin -= 1;
        count = counts[cell * BINS + bin]! + share * common[h * BINS + bin]!;
      }
      const within = count > 0 ? Math.min(1, (wanted - above) / count) : 0;
      out[q] =
        commonTotal === 0
          ? 0
          : (EDGES[bin + 1]! - within * (EDGES[bin + 1]! - EDGES[bin]!)) * this.#units[h]!;
    }
  }

  #cell(h: number, step: number): number {
    const phase = Math.floor(((step % this.#stepsPerHour) * this.#phases) / this.#stepsPerHour);
    return phase * this.#horizon + h;
  }

  #takeCommon(h: number, bin: number): void {
    const keep = 1 - 1 / MEMORY_STEPS;
    const common = this.#common;
    for (let i = h * BINS; i < (h + 1) * BINS; i++) common[i]! *= keep;
    common[h * BINS + bin]! += 1;
    this.#commonTotals[h] = this.#commonTotals[h]! * keep + 1;
  }

  #halve(cell: number): void {
    let total = 0;
    let odd = 0;
    for (let i = cell * BINS; i < (cell + 1) * BINS; i++) {
      // An odd one goes to the next bin, or single counts far out would be lost and the tail with them.
      const count = this.#counts[i]! + odd;
      odd = count & 1;
      this.#counts[i] = count >> 1;
      total += count >> 1;
    }
    this.#totals[cell] = total;
  }

  /** @param z of the newest residual */
  #renewUnit(h: number, z: number): void {
    const size = this.#roots[h]! ** 2;
    const beyond = z > EDGES[BINS]! && this.#lost(h, BINS - 1);
    if (beyond) this.#moveUnit(h, Math.ceil(Math.log2(z / EDGES[BINS]!)) + 1);
    else if (size > MOST_DRIFT) this.#moveUnit(h, Math.round(Math.log2(size)));
    else if (size < 1 / MOST_DRIFT && !this.#lost(h, BINS - 3)) this.#moveUnit(h, -1);
  }

  /** Whether too many of the residuals are in the bins from `first` on. */
  #lost(h: number, first: number): boolean {
    let sum = 0;
    for (let bin = first; bin < BINS; bin++) sum += this.#common[h * BINS + bin]!;
    return sum > Math.max(MOST_LOST * this.#commonTotals[h]!, SINGLE);
  }

  /** Makes the unit 2^octaves of what it was. */
  #moveUnit(h: number, octaves: number): void {
    const shift = octaves * BINS_PER_OCTAVE;
    for (let phase = 0; phase < this.#phases; phase++)
      moveDown(this.#counts, phase * this.#horizon + h, shift);
    moveDown(this.#common, h, shift);
    this.#units[h]! *= 2 ** octaves;
    this.#roots[h]! /= 2 ** (octaves / 2);
  }
}

/** Counts of one histogram moved down by `shift` bins; what leaves at an end stays in the last bin there. */
function moveDown(counts: Uint8Array | Float32Array, cell: number, shift: number): void {
  const first = cell * BINS;
  const before = counts.slice(first, first + BINS);
  counts.fill(0, first, first + BINS);
  before.forEach((count, bin) => {
    // Bins 0 and 1 have no lower end, so what is in them stays.
    const to = bin < 2 ? bin : Math.max(1, Math.min(BINS - 1, bin - shift));
    counts[first + to]! += count;
  });
}

function binOf(z: number): number {
  let bin = 0;
  while (bin < BINS - 1 && EDGES[bin + 1]! < z) bin += 1;
  return bin;
}
