import { LEVELS, UPPER } from './levels.ts';
import type { ChainReport, ServedForecast } from './served.ts';

export interface ChainForecasterOptions {
  /** Steps ahead. */
  readonly horizon: number;
  /** Length of a step, s; a day and a week follow from it. */
  readonly stepSeconds: number;
}

/** Known steps before there is a forecast: one to go on, one to see how far off that is. */
export const NEEDED_STEPS = 2;

/**
 * Forecasts one chain's rate, step by step and strictly causal: nothing after a step goes into what is served there.
 *
 * Call `advance` once a step in order, then `tellGru` if the network speaks there, then `forecast`.
 */
export class ChainForecaster {
  readonly #horizon: number;
  readonly #served: ServedForecast;
  readonly #past: Float64Array;
  readonly #offsets: Float64Array;
  #step = 0;
  #known = 0;
  #last = Number.NaN;
  #scale = 0;

  constructor({ horizon }: ChainForecasterOptions) {
    this.#horizon = horizon;
    this.#past = new Float64Array(horizon + 1).fill(Number.NaN);
    this.#offsets = new Float64Array(horizon * LEVELS.length);
    this.#served = {
      quantiles: new Float64Array(horizon * LEVELS.length),
      maximum95: new Float64Array(horizon),
      maximumCounts: new Int32Array(horizon),
    };
  }

  /** Takes the next step's rate, requests/s. NaN, infinite or negative: a gap. */
  advance(rate: number): void {
    const known = rate >= 0 && rate < Number.POSITIVE_INFINITY;
    if (known) {
      this.#score(rate);
      if (this.#known > 0) this.#scale += 0.05 * (Math.abs(rate - this.#last) - this.#scale);
      this.#last = rate;
      this.#known += 1;
    }
    this.#step += 1;
    this.#past[this.#step % this.#past.length] = this.#last;
  }

  /**
   * The network's quantiles [horizon × LEVELS] from the newest step, or from a few steps ago (fewer than the horizon:
   * for its weight only, what was served there stays). Undefined or a block with a number that is not finite: it is
   * silent there, and is compared with the others only where it spoke.
   */
  tellGru(_block: ArrayLike<number> | undefined, _stepsAgo = 0): void {}

  /** What is served from the newest step; undefined before `NEEDED_STEPS` known steps. */
  forecast(): ServedForecast | undefined {
    if (this.#known < NEEDED_STEPS) return undefined;
    const { quantiles, maximum95 } = this.#served;
    let maximum = 0;
    for (let h = 0; h < this.#horizon; h++) {
      let least = 0;
      for (let q = 0; q < LEVELS.length; q++) {
        const i = h * LEVELS.length + q;
        least = Math.max(least, this.#last + this.#offsets[i]!);
        quantiles[i] = least;
      }
      maximum = Math.max(maximum, quantiles[h * LEVELS.length + UPPER]!);
      maximum95[h] = maximum;
    }
    return this.#served;
  }

  /** Weights, errors and coverage, for people to read. Not for every step. */
  report(): ChainReport {
    return {
      knownSteps: this.#known,
      experts: [{ name: 'naive', medianWeight: 1, upperWeight: 1, errorToNaive: 1 }],
      errorToRate: undefined,
      errorToNaive: 1,
      coverage: LEVELS.map(() => undefined),
      maximumCoverage: undefined,
    };
  }

  #score(rate: number): void {
    for (let h = 1; h <= this.#horizon; h++) {
      const then = this.#past[(this.#step + 1 - h + this.#past.length) % this.#past.length]!;
      if (this.#step + 1 - h < 1 || Number.isNaN(then)) continue;
      for (let q = 0; q < LEVELS.length; q++) {
        const i = (h - 1) * LEVELS.length + q;
        const over = rate > then + this.#offsets[i]! ? 1 : 0;
        this.#offsets[i]! += 0.2 * this.#scale * (over - (1 - LEVELS[q]!));
      }
      this.#served.maximumCounts[h - 1]! += 1;
    }
  }
}
