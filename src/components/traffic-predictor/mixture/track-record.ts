import { LEVELS } from './levels.ts';
import type { ChainReport, ExpertName, ExpertReport } from './served.ts';
import { float64s } from './small-arrays.ts';

/** Errors and coverage are told over about this many steps. */
const MEMORY_STEPS = 1000;

/** How the experts and what was served have done lately, for people to read. Every sum fades at the same pace. */
export class TrackRecord {
  readonly #names: readonly ExpertName[];
  /** Per expert: its summed absolute error, and naive's on the same forecasts. */
  readonly #errors: Float64Array;
  readonly #naiveErrors: Float64Array;
  readonly #covered = float64s(LEVELS.length);
  #scored = 0;
  #servedError = 0;
  #servedNaiveError = 0;
  #rates = 0;
  #maximaCovered = 0;
  #maxima = 0;

  constructor(names: readonly ExpertName[]) {
    this.#names = names;
    this.#errors = float64s(names.length);
    this.#naiveErrors = float64s(names.length);
  }

  fade(): void {
    const keep = 1 - 1 / MEMORY_STEPS;
    for (let k = 0; k < this.#errors.length; k++) {
      this.#errors[k]! *= keep;
      this.#naiveErrors[k]! *= keep;
    }
    for (let q = 0; q < LEVELS.length; q++) this.#covered[q]! *= keep;
    this.#scored *= keep;
    this.#servedError *= keep;
    this.#servedNaiveError *= keep;
    this.#rates *= keep;
    this.#maximaCovered *= keep;
    this.#maxima *= keep;
  }

  /**
   * One forecast: `said[saidAt + k]` of the experts, the first of which is naive, and the served row, in the same terms
   * as `truth`.
   */
  score(
    rate: number,
    truth: number,
    said: Float32Array,
    saidAt: number,
    served: Float32Array,
    servedAt: number,
  ): void {
    const naiveError = Math.abs(truth - said[saidAt]!);
    for (let k = 0; k < this.#errors.length; k++) {
      const error = Math.abs(truth - said[saidAt + k]!);
      if (Number.isNaN(error)) continue;
      this.#errors[k]! += error;
      this.#naiveErrors[k]! += naiveError;
    }
    this.#scored += 1;
    this.#rates += rate;
    this.#servedError += Math.abs(truth - served[servedAt]!);
    this.#servedNaiveError += naiveError;
    for (let q = 0; q < LEVELS.length; q++) if (truth <= served[servedAt + q]!) this.#covered[q]! += 1;
  }

  scoreMaximum(covered: boolean): void {
    this.#maxima += 1;
    if (covered) this.#maximaCovered += 1;
  }

  /** @param medianWeights @param upperWeights by expert in the order of the names */
  report(knownSteps: number, medianWeights: readonly number[], upperWeights: readonly number[]): ChainReport {
    const experts = [...new Set(this.#names)].map((name) => this.#expert(name, medianWeights, upperWeights));
    return {
      knownSteps,
      experts,
      errorToRate: ratio(this.#servedError, this.#rates),
      errorToNaive: ratio(this.#servedError, this.#servedNaiveError),
      coverage: LEVELS.map((_, q) => ratio(this.#covered[q]!, this.#scored)),
      maximumCoverage: ratio(this.#maximaCovered, this.#maxima),
    };
  }

  /** The settings of one method together; its error is that of the best of them. */
  #expert(name: ExpertName, medianWeights: readonly number[], upperWeights: readonly number[]): ExpertReport {
    let medianWeight = 0;
    let upperWeight = 0;
    let errorToNaive: number | undefined;
    this.#names.forEach((other, k) => {
      if (other !== name) return;
      medianWeight += medianWeights[k]!;
      upperWeight += upperWeights[k]!;
      const error = ratio(this.#errors[k]!, this.#naiveErrors[k]!);
      if (error !== undefined) errorToNaive = Math.min(errorToNaive ?? error, error);
    });
    return { name, medianWeight, upperWeight, errorToNaive };
  }
}

function ratio(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}
