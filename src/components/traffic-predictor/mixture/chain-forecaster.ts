import { cleanRate, isComplete } from './accepted.ts';
import { Calibrator } from './calibrator.ts';
import { KnownRates } from './known-rates.ts';
import { LEVELS, UPPER } from './levels.ts';
import { MaximumQuantile } from './maximum-quantile.ts';
import { OutageWatch } from './outage-watch.ts';
import { PointExperts } from './point-experts.ts';
import { PolyMixer } from './poly-mixer.ts';
import { RESIDUAL_EXPERTS, RESIDUAL_SCALES, ResidualExperts } from './residual-experts.ts';
import type { ChainReport, ServedForecast } from './served.ts';
import { slotOf } from './slots.ts';
import { float32s } from './small-arrays.ts';
import { TrackRecord } from './track-record.ts';
import { standIn, WaitingForecasts } from './waiting-forecasts.ts';

export interface ChainForecasterOptions {
  /** Steps ahead. */
  readonly horizon: number;
  /** Length of a step, s; an hour, a day and a week follow from it. */
  readonly stepSeconds: number;
  /** Any whole number from 0; chains with different ones do their heavier work at different steps. Default 0. */
  readonly turn?: number;
}

/** Known steps before there is a forecast: one to go on, one to see how far off that is. */
export const NEEDED_STEPS = 2;

const Q = LEVELS.length;
/** Column of the network among the quantile experts. */
const GRU = RESIDUAL_EXPERTS;
const QUANTILE_EXPERTS = RESIDUAL_EXPERTS + 1;
const MEDIAN: readonly number[] = [0.5];

/**
 * Forecasts one chain's rate, step by step and strictly causal: nothing after a step goes into what is served there.
 *
 * Call `advance` once a step in order, then `tellGru` if the network speaks there, then `forecast`. Two mixtures work
 * one after the other: of point forecasts for the middle, and of ways to say how far the truth lies from it. The
 * network is an expert of both. What was served is calibrated by what became of it. An outage recorded as zeros, and
 * a gap, teach nothing.
 */
export class ChainForecaster {
  readonly #horizon: number;
  readonly #outage: OutageWatch;
  readonly #experts: PointExperts;
  readonly #gruPoint: number;
  readonly #points: number;
  readonly #middleMixer: PolyMixer;
  readonly #startMixer: PolyMixer;
  readonly #residuals: ResidualExperts;
  readonly #quantileMixer: PolyMixer;
  readonly #calibrator: Calibrator;
  readonly #maximum: MaximumQuantile;
  readonly #record: TrackRecord;
  readonly #waiting: WaitingForecasts;
  /** The network's block of the newest origin; NaN: silent. */
  readonly #gru: Float32Array;
  readonly #rates: KnownRates;
  readonly #served: ServedForecast;
  #step = -1;
  #present = false;
  #settled = true;

  constructor({ horizon, stepSeconds, turn = 0 }: ChainForecasterOptions) {
    this.#horizon = horizon;
    this.#outage = new OutageWatch(horizon, stepSeconds);
    this.#experts = new PointExperts(horizon, stepSeconds, turn);
    const names = [...this.#experts.names];
    names.splice(-1, 0, 'gru');
    this.#points = names.length;
    this.#gruPoint = names.length - 2;
    this.#middleMixer = new PolyMixer(horizon, MEDIAN, names.length);
    this.#startMixer = new PolyMixer(horizon, MEDIAN, names.length - 1);
    this.#residuals = new ResidualExperts(horizon, stepSeconds);
    this.#quantileMixer = new PolyMixer(horizon, LEVELS, QUANTILE_EXPERTS);
    this.#calibrator = new Calibrator(horizon);
    this.#maximum = new MaximumQuantile(horizon);
    this.#record = new TrackRecord(names);
    this.#waiting = new WaitingForecasts(horizon, this.#points, QUANTILE_EXPERTS);
    this.#gru = float32s(horizon * Q).fill(Number.NaN);
    this.#rates = new KnownRates(horizon);
    this.#served = {
      quantiles: new Float64Array(horizon * Q),
      maximum95: new Float64Array(horizon),
      maximumCounts: this.#maximum.counts,
    };
  }

  /** Takes the next step's rate, requests/s. NaN, infinite or negative: a gap. */
  advance(rate: number): void {
    this.#settle();
    this.#step += 1;
    const known = this.#outage.take(cleanRate(rate));
    this.#present = !Number.isNaN(known);
    this.#rates.note(this.#step, known);
    if (this.#present) this.#score(known);
    this.#rates.advance(this.#step, known);
    this.#experts.advance(known);
    this.#gru.fill(Number.NaN);
    this.#settled = false;
  }

  /**
   * The network's quantiles [horizon × LEVELS] from the newest step. Undefined or a block with a number that is not
   * finite: it is silent there, and is compared with the others only where it spoke.
   */
  tellGru(block: ArrayLike<number> | undefined): void {
    if (block !== undefined && !isComplete(block, this.#horizon * Q)) return;
    if (block === undefined) this.#gru.fill(Number.NaN);
    else this.#gru.set(block);
    this.#settled = false;
  }

  /** What is served from the newest step; undefined before `NEEDED_STEPS` known steps. */
  forecast(): ServedForecast | undefined {
    if (this.#rates.count < NEEDED_STEPS) return undefined;
    this.#settle();
    return this.#served;
  }

  /** Weights, errors and coverage, for people to read. Not for every step. */
  report(): ChainReport {
    const middle = this.#middleMixer.shares(0);
    const start = [...this.#startMixer.shares(0), 0];
    // The network's own upper quantiles, beside its part in where the others start from.
    const gru = this.#quantileMixer.shares(UPPER)[GRU]!;
    const upper = start.map((share, k) => share * (1 - gru) + (k === this.#gruPoint ? gru : 0));
    return this.#record.report(this.#rates.count, middle, upper);
  }

  /** Scores everything that was forecast for this step, each part in the order in which it was made. */
  #score(rate: number): void {
    this.#middleMixer.fade();
    this.#startMixer.fade();
    this.#quantileMixer.fade();
    this.#residuals.advance(rate);
    this.#maximum.fade();
    this.#record.fade();
    let largest = 0;
    for (let h = 0; h < this.#horizon && h < this.#step; h++) {
      largest = Math.max(largest, this.#rates.truth(this.#step - h));
      const change = largest - this.#rates.base(this.#step - h - 1);
      const covered = Number.isNaN(change) ? undefined : this.#maximum.score(h, this.#step, change);
      if (covered !== undefined && h === this.#horizon - 1) this.#record.scoreMaximum(covered);
      this.#scoreStep(h, rate);
    }
    this.#middleMixer.pool();
    this.#startMixer.pool();
    this.#quantileMixer.pool();
  }

  #scoreStep(h: number, rate: number): void {
    const slot = slotOf(h + 1, this.#step);
    const middle = this.#waiting.middles[slot]!;
    if (Number.isNaN(middle)) return;
    const change = rate - this.#rates.base(this.#step - h - 1);
    const pointsAt = slot * this.#points;
    this.#middleMixer.score(h, change, this.#waiting.middles, slot, this.#waiting.saidPoints, pointsAt);
    this.#startMixer.score(h, change, this.#waiting.starts, slot, this.#waiting.saidPoints, pointsAt);
    const quantilesAt = slot * Q * QUANTILE_EXPERTS;
    this.#quantileMixer.score(
      h,
      change,
      this.#waiting.mixed,
      slot * Q,
      this.#waiting.saidQuantiles,
      quantilesAt,
    );
    this.#residuals.take(
      h,
      this.#step,
      change - middle,
      change - this.#waiting.starts[slot]!,
      change - this.#waiting.saidPoints[pointsAt + this.#experts.regression]!,
      this.#waiting.scales,
      slot * RESIDUAL_SCALES,
    );
    this.#calibrator.score(h, change, this.#waiting.calibrated, slot * Q);
    this.#record.score(rate, change, this.#waiting.saidPoints, pointsAt, this.#waiting.calibrated, slot * Q);
  }

  /** Makes what is served from the newest step and leaves it to be scored; once, and again when the network is told. */
  #settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    if (this.#rates.count === 0) return;
    for (let k = 0; k < this.#experts.names.length; k++) this.#say(k, k < this.#gruPoint ? k : k + 1);
    for (let h = 0; h < this.#horizon; h++) this.#settleStep(h);
    this.#maximum.say(this.#step, this.#rates.last, this.#served.quantiles, this.#served.maximum95);
    this.#outage.fold(this.#served.quantiles, this.#served.maximum95);
    // From a gap or an outage the way is longer than h steps, and says nothing about other times.
    if (!this.#present) {
      this.#waiting.skip(this.#step);
      this.#maximum.skip(this.#step);
    }
  }

  #say(k: number, column: number): void {
    const row = this.#experts.say(k);
    for (let h = 0; h < this.#horizon; h++) {
      this.#waiting.saidPoints[this.#slot(h) * this.#points + column] = this.#rates.change(row[h]!);
    }
  }

  #settleStep(h: number): void {
    const slot = this.#slot(h);
    const pointsAt = slot * this.#points;
    this.#waiting.saidPoints[pointsAt + this.#gruPoint] = this.#rates.change(this.#gru[h * Q]!);
    this.#middleMixer.mix(h, this.#waiting.saidPoints, pointsAt, this.#waiting.middles, slot);
    this.#startMixer.mix(h, this.#waiting.saidPoints, pointsAt, this.#waiting.starts, slot);
    standIn(this.#waiting.middles, slot, 0);
    standIn(this.#waiting.starts, slot, 0);
    this.#mixQuantiles(h, slot);
    const row = slot * Q;
    for (let q = 0; q < Q; q++) {
      standIn(this.#waiting.mixed, row + q, this.#waiting.middles[slot]!);
      const width = this.#waiting.mixed[row + q]! - this.#waiting.mixed[row]!;
      this.#waiting.calibrated[row + q] =
        this.#waiting.mixed[this.#rates.isNegligible(width) ? row : row + q]!;
    }
    this.#calibrator.calibrate(h, this.#waiting.calibrated, row, -this.#rates.last);
    for (let q = 0; q < Q; q++) {
      this.#served.quantiles[h * Q + q] = Math.max(0, this.#rates.last + this.#waiting.calibrated[row + q]!);
    }
  }

  #mixQuantiles(h: number, slot: number): void {
    const start = this.#waiting.starts[slot]!;
    const scalesAt = slot * RESIDUAL_SCALES;
    const scales = this.#waiting.scales;
    this.#residuals.scale(h, this.#rates.last + start, scales, scalesAt);
    const said = this.#waiting.saidQuantiles;
    const at = slot * Q * QUANTILE_EXPERTS;
    const step = this.#step + h + 1;
    this.#residuals.sayMedian(h, this.#waiting.middles[slot]!, scales, scalesAt, said, at);
    const upperAt = at + QUANTILE_EXPERTS;
    const regression = this.#waiting.saidPoints[slot * this.#points + this.#experts.regression]!;
    this.#residuals.say(h, step, start, regression, scales, scalesAt, said, upperAt, QUANTILE_EXPERTS);
    for (let q = 0; q < Q; q++)
      said[at + q * QUANTILE_EXPERTS + GRU] = this.#rates.change(this.#gru[h * Q + q]!);
    this.#quantileMixer.mix(h, said, at, this.#waiting.mixed, slot * Q);
  }

  #slot(h: number): number {
    return slotOf(h + 1, this.#step);
  }
}
