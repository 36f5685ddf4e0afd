import { float32s, float64s } from './small-arrays.ts';

/** Experts get a lead of this many standard errors of their regret, so that chance does not silence them. */
const PRIOR = 1;
/** Regret older than a third of all that was scored, and in the end older than about this, counts no more. */
const MEMORY_STEPS = 3000;
const MEMORY_SHARE = 1 / 3;
const LEAST_MEMORY = 10;
/** Share of the regret over all steps ahead in that of one step ahead. */
const POOLED = 0.75;
/** Once this much is scored, weights are renewed at every fourth step, each step ahead at its turn. */
const TURNS = 4;
const SETTLED_STEPS = 500;
/** Scored forecasts until when an expert is new. */
const NEW_COUNT = 50;
/** Growth at which sums are brought back to size; squares of the largest rates times it still fit single precision. */
const MOST_GROWTH = 1e6;

/**
 * Polynomially weighted online aggregation with one learning rate per expert (ML-Poly: Gaillard, Stoltz & van Erven
 * 2014, algorithm 1; its regret against the best convex combination is O(√T) without tuning), for several quantiles
 * and steps ahead at once.
 *
 * Each cell of step ahead and level has weights ∝ (regret + √variance)₊ / variance, the regret by the gradient of the
 * pinball loss at the mixture. The loss range of the original's learning rate is left out: with the heavy tails of
 * traffic the largest loss ever would silence all evidence. Added to it: regrets fade in proportion to age, as experts
 * that are still learning were once worse than they are; most of each regret is that over all steps ahead (as the
 * smoothing of Berrisch & Ziel 2021); experts sleep where they say NaN and are compared only where they were awake.
 */
export class PolyMixer {
  readonly #horizon: number;
  readonly #levels: readonly number[];
  readonly #experts: number;
  /** [horizon × levels × experts]; NaN: asleep when the weights were made. */
  readonly #weights: Float32Array;
  /** As the weights: faded sums, newer terms times the growth of their level instead of older ones times less. */
  readonly #regret: Float32Array;
  readonly #variance: Float32Array;
  readonly #growth: Float64Array;
  readonly #pooledRegret: Float64Array;
  readonly #pooledVariance: Float64Array;
  /** Forecasts of each expert that were scored, one step ahead at the highest level. */
  readonly #heard: Float64Array;
  #scored = 0;

  constructor(horizon: number, levels: readonly number[], experts: number) {
    const cells = horizon * levels.length * experts;
    this.#horizon = horizon;
    this.#levels = levels;
    this.#experts = experts;
    this.#weights = float32s(cells).fill(Number.NaN);
    this.#regret = float32s(cells);
    this.#variance = float32s(cells);
    this.#growth = float64s(levels.length).fill(1);
    this.#heard = float64s(experts);
    this.#pooledRegret = float64s(levels.length * experts);
    this.#pooledVariance = float64s(levels.length * experts);
  }

  /** Lets a step's worth of regret fade; before the scoring of each known step. */
  fade(): void {
    this.#scored += 1;
    for (let q = 0; q < this.#levels.length; q++) {
      this.#growth[q]! /= 1 - 1 / this.#memory(q);
      if (this.#growth[q]! > MOST_GROWTH) this.#shrink(q);
    }
  }

  /**
   * Scores what was said h steps ahead (h from 0): `mixed[mixedAt + level]` is the mixture and
   * `said[saidAt + level * experts + expert]` the experts, NaN where they slept.
   */
  score(
    h: number,
    truth: number,
    mixed: Float32Array,
    mixedAt: number,
    said: Float32Array,
    saidAt: number,
  ): void {
    const [experts, regret, variance] = [this.#experts, this.#regret, this.#variance];
    for (let q = 0; q < this.#levels.length; q++) {
      const mixture = mixed[mixedAt + q]!;
      if (Number.isNaN(mixture) || truth === mixture) continue;
      const slope = truth > mixture ? this.#levels[q]! : this.#levels[q]! - 1;
      const growth = this.#growth[q]!;
      const first = (h * this.#levels.length + q) * experts;
      for (let k = 0; k < experts; k++) {
        const gain = slope * (said[saidAt + q * experts + k]! - mixture);
        // Asleep.
        if (!Number.isFinite(gain)) continue;
        if (h === 0 && q === this.#levels.length - 1) this.#heard[k]! += 1;
        regret[first + k]! += growth * gain;
        variance[first + k]! += growth * gain * gain;
      }
    }
  }

  /** After the scoring of a step: regrets over all steps ahead, each cell in its own unit. */
  pool(): void {
    if (this.#scored % TURNS !== 0 && this.#scored > SETTLED_STEPS) return;
    const experts = this.#experts;
    const levels = this.#levels.length;
    this.#pooledRegret.fill(0);
    this.#pooledVariance.fill(0);
    for (let h = 0; h < this.#horizon; h++) {
      for (let q = 0; q < levels; q++) {
        const at = (h * levels + q) * experts;
        const unit = this.#unit(at);
        if (!(unit > 0 && Number.isFinite(unit))) continue;
        const toRegret = 1 / (Math.sqrt(unit * this.#growth[q]!) * this.#horizon);
        const toVariance = 1 / (unit * this.#horizon);
        for (let k = 0; k < experts; k++) {
          this.#pooledRegret[q * experts + k]! += this.#regret[at + k]! * toRegret;
          this.#pooledVariance[q * experts + k]! += this.#variance[at + k]! * toVariance;
        }
      }
    }
  }

  /** The mixture h steps ahead (from 0), in the form of `score`. NaN where every expert sleeps. */
  mix(h: number, said: Float32Array, saidAt: number, mixed: Float32Array, mixedAt: number): void {
    const due = (this.#scored + h) % TURNS === 0 || this.#scored <= SETTLED_STEPS;
    for (let q = 0; q < this.#levels.length; q++) {
      const at = saidAt + q * this.#experts;
      const first = (h * this.#levels.length + q) * this.#experts;
      if (due) this.#weigh(first, q, said, at);
      let mixture = this.#sum(first, said, at);
      if (Number.isNaN(mixture)) {
        this.#weigh(first, q, said, at);
        mixture = this.#sum(first, said, at);
      }
      mixed[mixedAt + q] = mixture;
    }
  }

  /** The experts' shares at one of the levels, mean over the steps ahead. */
  shares(q: number): number[] {
    return Array.from({ length: this.#experts }, (_, k) => {
      let sum = 0;
      for (let h = 0; h < this.#horizon; h++) {
        sum += this.#weights[(h * this.#levels.length + q) * this.#experts + k]! || 0;
      }
      return sum / this.#horizon;
    });
  }

  /** NaN when an expert sleeps or wakes that did not when the weights were made. */
  #sum(first: number, said: Float32Array, at: number): number {
    const [weights, experts] = [this.#weights, this.#experts];
    let sum = 0;
    let awake = 0;
    for (let k = 0; k < experts; k++) {
      const product = weights[first + k]! * said[at + k]!;
      if (!Number.isNaN(product)) {
        sum += product;
        awake += 1;
      } else if (!(Number.isNaN(weights[first + k]!) && Number.isNaN(said[at + k]!))) {
        return Number.NaN;
      }
    }
    return awake === 0 ? Number.NaN : sum;
  }

  #weigh(first: number, q: number, said: Float32Array, at: number): void {
    const experts = this.#experts;
    const unit = this.#unit(first);
    const perRegret = unit > 0 ? (1 - POOLED) / Math.sqrt(unit * this.#growth[q]!) : 0;
    const perVariance = unit > 0 ? (1 - POOLED) / unit : 0;
    let sum = 0;
    for (let k = 0; k < experts; k++) {
      const variance =
        perVariance * this.#variance[first + k]! + POOLED * this.#pooledVariance[q * experts + k]!;
      const regret = perRegret * this.#regret[first + k]! + POOLED * this.#pooledRegret[q * experts + k]!;
      const lead = regret + PRIOR * Math.sqrt(variance);
      const asleep = Number.isNaN(said[at + k]!);
      // Squares of very small gains are lost before the gains are: such a lead says nothing.
      const leads = lead > 0 && variance > 0;
      const weight = asleep ? Number.NaN : leads ? lead / (variance + this.#newness(k)) : 0;
      this.#weights[first + k] = weight;
      if (!asleep) sum += weight;
    }
    if (sum > 0) for (let k = 0; k < experts; k++) this.#weights[first + k]! /= sum;
    else this.#weighEvenly(first, said, at);
  }

  /**
   * What is added to the variance of an expert, in its mean over the experts: a newcomer's few gains are small beside the
   * long memory of the others, and would make it loud.
   */
  #newness(k: number): number {
    return Math.max(0, 1 - this.#heard[k]! / NEW_COUNT);
  }

  #weighEvenly(first: number, said: Float32Array, at: number): void {
    let awake = 0;
    for (let k = 0; k < this.#experts; k++) if (!Number.isNaN(said[at + k]!)) awake += 1;
    for (let k = 0; k < this.#experts; k++) {
      this.#weights[first + k] = Number.isNaN(said[at + k]!) ? Number.NaN : 1 / awake;
    }
  }

  /** Mean variance over the experts of a cell. */
  #unit(first: number): number {
    let sum = 0;
    for (let k = 0; k < this.#experts; k++) sum += this.#variance[first + k]!;
    return sum / this.#experts;
  }

  /** Steps: as many exceedances for an upper quantile as for the median. */
  #memory(q: number): number {
    const rarity = 0.5 / (1 - this.#levels[q]!);
    return Math.min(MEMORY_STEPS * rarity, Math.max(LEAST_MEMORY, this.#scored * MEMORY_SHARE));
  }

  #shrink(q: number): void {
    const by = 1 / this.#growth[q]!;
    for (let h = 0; h < this.#horizon; h++) {
      const first = (h * this.#levels.length + q) * this.#experts;
      for (let i = first; i < first + this.#experts; i++) {
        this.#regret[i]! *= by;
        this.#variance[i]! *= by;
      }
    }
    this.#growth[q] = 1;
  }
}
