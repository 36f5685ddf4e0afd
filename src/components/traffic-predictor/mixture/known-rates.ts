import { LEAST_RATE } from './accepted.ts';
import { float64s } from './small-arrays.ts';

/** Share of the rates of late that is next to nothing, and the steps of their memory: longer than any expert's of a rest. */
const NEGLIGIBLE = 1e-6;
const LEVEL_STEPS = 1000;
/** No expert is believed further than this many times the largest rate ever. */
const MOST_GROWTH = 10;

/** The rates of one chain as far as what is forecast and scored now needs them, requests/s. */
export class KnownRates {
  /** The last known rate, the base of every change; 0 before the first. */
  last = 0;
  /** Known steps so far. */
  count = 0;
  readonly #horizon: number;
  /** By step modulo horizon + 1: the last known rate then. */
  readonly #bases: Float64Array;
  /** By step modulo horizon: the rate, NaN at a gap. */
  readonly #truths: Float64Array;
  #largest = 0;
  /** Mean over the last `LEVEL_STEPS`. */
  #level = LEAST_RATE;

  constructor(horizon: number) {
    this.#horizon = horizon;
    this.#bases = float64s(horizon + 1);
    this.#truths = float64s(horizon).fill(Number.NaN);
  }

  /** Notes the rate of a step for what was forecast before it, NaN at a gap. */
  note(step: number, rate: number): void {
    this.#truths[step % this.#horizon] = rate;
  }

  /** Makes it what the forecasts from that step start from; nothing new at a gap. */
  advance(step: number, rate: number): void {
    if (!Number.isNaN(rate)) {
      this.count += 1;
      this.last = rate;
      this.#largest = Math.max(this.#largest, rate);
      this.#level = Math.max(LEAST_RATE, this.#level + (rate - this.#level) / LEVEL_STEPS);
    }
    this.#bases[step % this.#bases.length] = this.last;
  }

  /** The rate of one of the last `horizon` steps, NaN at a gap. */
  truth(step: number): number {
    return this.#truths[step % this.#horizon]!;
  }

  /** The last known rate at one of the last `horizon` + 1 steps that were made a start. */
  base(step: number): number {
    return this.#bases[step % this.#bases.length]!;
  }

  /** What an expert says, from the last known rate; next to nothing is rounding or a memory that runs out. */
  change(rate: number): number {
    const most = MOST_GROWTH * this.#largest;
    const change = Math.max(-most, Math.min(most, rate)) - this.last;
    return this.isNegligible(change) ? 0 : change;
  }

  /** Whether a change is next to nothing beside the rates of late. */
  isNegligible(change: number): boolean {
    return Math.abs(change) < NEGLIGIBLE * Math.max(this.last, this.#level);
  }
}
