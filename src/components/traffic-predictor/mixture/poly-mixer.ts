/** Experts get a lead of this many standard errors of their regret, so that chance does not silence them. */
const PRIOR = 1;
/** Regret older than a third of all that was scored, and in the end older than about this, counts no more. */
const MEMORY_STEPS = 3000;
const MEMORY_SHARE = 1 / 3;
const LEAST_MEMORY = 10;
/** Share of the regret over all steps ahead in that of one step ahead. */
const POOLED = 0.75;

/**
 * Polynomially weighted online aggregation with one learning rate per expert (ML-Poly: Gaillard, Stoltz & van Erven
 * 2014, algorithm 1; its regret against the best convex combination is O(√T) without tuning), for several quantiles
 * and steps ahead at once.
 *
 * The loss range of the original's learning rate is left out: with the heavy tails of traffic the largest loss ever would
 * silence all evidence. Each cell of step ahead and level has weights ∝ (regret + √variance)₊ / variance, the regret by the
 * gradient of the pinball loss at the mixture. Added to it: regrets fade in proportion to age, as experts that are
 * still learning were once worse than they are; most of each regret is that over all steps ahead (as the smoothing
 * of Berrisch & Ziel 2021); experts sleep where they say NaN and are compared only where they were awake.
 */
export class PolyMixer {
  readonly weights: Float32Array;
  readonly #horizon: number;
  readonly #levels: readonly number[];
  readonly #experts: number;
  readonly #regret: Float32Array;
  readonly #variance: Float32Array;
  readonly #pooledRegret: Float64Array;
  readonly #pooledVariance: Float64Array;
  #scored = 0;

  constructor(horizon: number, levels: readonly number[], experts: number) {
    const cells = horizon * levels.length;
    this.#horizon = horizon;
    this.#levels = levels;
    this.#experts = experts;
    this.weights = new Float32Array(cells * experts);
    this.#regret = new Float32Array(cells * experts);
    this.#variance = new Float32Array(cells * experts);
    this.#pooledRegret = new Float64Array(levels.length * experts);
    this.#pooledVariance = new Float64Array(levels.length * experts);
  }

  /** Lets a step's worth of regret fade; before the scoring of each known step. */
  fade(): void {
    this.#scored += 1;
    const levels = this.#levels.length;
    for (let q = 0; q < levels; q++) {
      const keep = 1 - 1 / this.#memory(q);
      for (let h = 0; h < this.#horizon; h++) {
        const first = (h * levels + q) * this.#experts;
        for (let i = first; i < first + this.#experts; i++) {
          this.#regret[i]! *= keep;
          this.#variance[i]! *= keep;
        }
      }
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
    const experts = this.#experts;
    for (let q = 0; q < this.#levels.length; q++) {
      const mixture = mixed[mixedAt + q]!;
      if (Number.isNaN(mixture) || truth === mixture) continue;
      const slope = truth > mixture ? this.#levels[q]! : this.#levels[q]! - 1;
      const cell = h * this.#levels.length + q;
      for (let k = 0; k < experts; k++) {
        const value = said[saidAt + q * experts + k]!;
        if (Number.isNaN(value)) continue;
        const gain = slope * (value - mixture);
        const i = cell * experts + k;
        this.#regret[i]! += gain;
        this.#variance[i]! += gain * gain;
      }
    }
  }

  /** Regrets over all steps ahead, each cell in its own unit; before `mix`. */
  pool(): void {
    const experts = this.#experts;
    const levels = this.#levels.length;
    this.#pooledRegret.fill(0);
    this.#pooledVariance.fill(0);
    for (let h = 0; h < this.#horizon; h++) {
      for (let q = 0; q < levels; q++) {
        const at = (h * levels + q) * experts;
        const unit = this.#unit(at);
        if (!(unit > 0)) continue;
        const toRegret = 1 / (Math.sqrt(unit) * this.#horizon);
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
    for (let q = 0; q < this.#levels.length; q++) {
      mixed[mixedAt + q] = this.#mixCell(h, q, said, saidAt + q * this.#experts);
    }
  }

  #mixCell(h: number, q: number, said: Float32Array, at: number): number {
    const experts = this.#experts;
    const cell = h * this.#levels.length + q;
    const first = cell * experts;
    const unit = this.#unit(first);
    const perRegret = unit > 0 ? (1 - POOLED) / Math.sqrt(unit) : 0;
    const perVariance = unit > 0 ? (1 - POOLED) / unit : 0;
    let sum = 0;
    let mixture = 0;
    for (let k = 0; k < experts; k++) {
      const value = said[at + k]!;
      let weight = 0;
      if (!Number.isNaN(value)) {
        const variance =
          perVariance * this.#variance[first + k]! + POOLED * this.#pooledVariance[q * experts + k]!;
        const regret = perRegret * this.#regret[first + k]! + POOLED * this.#pooledRegret[q * experts + k]!;
        weight = Math.max(0, regret + PRIOR * Math.sqrt(variance)) / (variance || 1);
        sum += weight;
        mixture += weight * value;
      }
      this.weights[first + k] = weight;
    }
    return sum > 0 ? this.#normalize(first, sum, mixture) : this.#plainMean(first, said, at);
  }

  #normalize(first: number, sum: number, mixture: number): number {
    for (let k = 0; k < this.#experts; k++) this.weights[first + k]! /= sum;
    return mixture / sum;
  }

  #plainMean(first: number, said: Float32Array, at: number): number {
    let awake = 0;
    let sum = 0;
    for (let k = 0; k < this.#experts; k++) {
      if (Number.isNaN(said[at + k]!)) continue;
      awake += 1;
      sum += said[at + k]!;
    }
    for (let k = 0; k < this.#experts; k++) {
      this.weights[first + k] = Number.isNaN(said[at + k]!) ? 0 : 1 / awake;
    }
    return sum / awake;
  }

  /** Steps: as many exceedances for an upper quantile as for the median. */
  #memory(q: number): number {
    const rarity = 0.5 / (1 - this.#levels[q]!);
    return Math.min(MEMORY_STEPS * rarity, Math.max(LEAST_MEMORY, this.#scored * MEMORY_SHARE));
  }

  /** Mean variance over the experts of a cell. */
  #unit(first: number): number {
    let sum = 0;
    for (let k = 0; k < this.#experts; k++) sum += this.#variance[first + k]!;
    return sum / this.#experts;
  }
}
