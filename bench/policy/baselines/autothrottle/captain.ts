/**
 * Captain: holds one service at a target ratio of throttled CFS periods by setting its CPU quota. Rules and constants of
 * Wang et al., "Autothrottle: A Practical Bi-Level Approach to Resource Management for SLO-Targeted Microservices"
 * (NSDI 2024, arXiv 2212.12180), with the rules and constants of its published artifact (worker-daemon.py).
 */

/** CFS periods between two decisions (N). */
const DECISION_PERIODS = 10;
/** CFS periods whose usage is remembered (M). */
const HISTORY_PERIODS = 50;
/** A ratio above this many targets calls for more (alpha). */
const TOLERANCE = 3;
/** The quota only shrinks when the proposal is below this part of it (beta max), */
const LEAST_SHRINK = 0.9;
/** and at most to this part of it (beta min). */
const LARGEST_SHRINK = 0.5;
/** Standard deviations of the usage that are kept free at the beginning. */
const INITIAL_MARGIN = 3;

export interface CaptainBounds {
  readonly least: number;
  readonly most: number;
}

export class Captain {
  /** Wanted ratio of throttled periods; what Tower sets. */
  target: number;
  #present: number;
  #margin = INITIAL_MARGIN;
  readonly #usage: number[] = [];
  #throttledPeriods = 0;
  #periods = 0;
  /** The quota before the last decision, as long as that decision was a decrease that may be taken back. */
  #beforeShrinking: number | undefined;

  constructor(target: number, quota: number) {
    this.target = target;
    this.#present = quota;
  }

  /** Cores. */
  get quota(): number {
    return this.#present;
  }

  /** Standard deviations of the usage that are kept free above its maximum. */
  get marginDeviations(): number {
    return this.#margin;
  }

  /**
   * Told after each CFS period: the part of the instances that were throttled in it (0 to 1) and the cores that were used.
   * Returns the quota from now on, cores.
   */
  observe(throttled: number, usedCores: number, bounds: CaptainBounds): number {
    this.#throttledPeriods += throttled;
    this.#usage.push(usedCores);
    if (this.#usage.length > HISTORY_PERIODS) this.#usage.shift();
    this.#takeBack();
    if (++this.#periods >= DECISION_PERIODS) this.#decide();
    this.#present = Math.min(bounds.most, Math.max(bounds.least, this.#present));
    return this.#present;
  }

  get #ratio(): number {
    return this.#throttledPeriods / DECISION_PERIODS;
  }

  /** A decrease that throttles too much is undone at once, and overshot by as much as it was. */
  #takeBack(): void {
    if (this.#beforeShrinking === undefined || this.#ratio <= TOLERANCE * this.target) return;
    this.#present = 2 * this.#beforeShrinking - this.#present;
    this.#margin += this.#ratio - this.target;
    this.#throttledPeriods = 0;
    this.#beforeShrinking = undefined;
  }

  #decide(): void {
    const ratio = this.#ratio;
    const excess = ratio - TOLERANCE * this.target;
    this.#margin = Math.max(0, this.#margin + ratio - this.target);
    this.#beforeShrinking = undefined;
    if (excess > 0) this.#present *= 1 + excess;
    else this.#shrink();
    this.#throttledPeriods = 0;
    this.#periods = 0;
  }

  #shrink(): void {
    if (this.#usage.length < HISTORY_PERIODS) return;
    const proposal = Math.max(...this.#usage) + this.#margin * sampleDeviation(this.#usage);
    if (proposal > LEAST_SHRINK * this.#present) return;
    this.#beforeShrinking = this.#present;
    this.#present = Math.max(LARGEST_SHRINK * this.#present, proposal);
  }
}

function sampleDeviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
