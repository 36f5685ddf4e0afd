import { LEVELS } from './levels.ts';
import { RESIDUAL_SCALES } from './residual-experts.ts';
import { slotOf } from './slots.ts';
import { float32s } from './small-arrays.ts';

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
    this.saidPoints = float32s(slots * pointExperts);
    this.middles = float32s(slots).fill(Number.NaN);
    this.starts = float32s(slots).fill(Number.NaN);
    this.scales = float32s(slots * RESIDUAL_SCALES);
    this.saidQuantiles = float32s(rows * quantileExperts);
    this.mixed = float32s(rows);
    this.calibrated = float32s(rows);
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
