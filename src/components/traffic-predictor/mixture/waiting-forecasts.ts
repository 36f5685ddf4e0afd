import { LEVELS } from './levels.ts';
import { RESIDUAL_SCALES } from './residual-experts.ts';
import { slotOf } from './slots.ts';

/**
 * What waits to be scored, by slot (`slots.ts`): all as changes from the last known rate at the origin, which is exact for a
 * constant series and precise enough in single precision.
 */
export class WaitingForecasts {
  /** [slots × point experts] */
  readonly saidPoints: Float32Array;
  /** The middle; NaN: nothing of this forecast is scored. */
  readonly middles: Float32Array;
  /** Where upper quantiles start from, and the scales there: [slots × scales]. */
  readonly starts: Float32Array;
  readonly scales: Float32Array;
  /** [slots × LEVELS × quantile experts] */
  readonly saidQuantiles: Float32Array;
  /** [slots × LEVELS]: their mixture, and what was served. */
  readonly mixed: Float32Array;
  readonly calibrated: Float32Array;
  readonly #horizon: number;

  constructor(horizon: number, pointExperts: number, quantileExperts: number) {
    this.#horizon = horizon;
    const slots = slotOf(horizon + 1, 0);
    const rows = slots * LEVELS.length;
    this.saidPoints = new Float32Array(slots * pointExperts);
    this.middles = new Float32Array(slots).fill(Number.NaN);
    this.starts = new Float32Array(slots).fill(Number.NaN);
    this.scales = new Float32Array(slots * RESIDUAL_SCALES);
    this.saidQuantiles = new Float32Array(rows * quantileExperts);
    this.mixed = new Float32Array(rows);
    this.calibrated = new Float32Array(rows);
  }

  /** Nothing of the forecasts made at `origin` will be scored. */
  skip(origin: number): void {
    for (let h = 0; h < this.#horizon; h++) this.middles[slotOf(h + 1, origin)] = Number.NaN;
  }
}

/** No number that is not finite is served or learned from, whatever an expert says: it would stay for good. */
export function standIn(numbers: Float32Array, at: number, value: number): void {
  if (!Number.isFinite(numbers[at]!)) numbers[at] = value;
}
