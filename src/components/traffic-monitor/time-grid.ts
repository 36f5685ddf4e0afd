/** How far back the fine slots reach, s. */
export const RECENT_SECONDS = 360;

/** Narrowest counting slot, s: it bounds the memory of a series. */
const NARROWEST_SECONDS = 0.1;
const WINDOW_SECONDS = 60;

/**
 * How time is cut into slots. Three widths, each a whole multiple of the one before, so that slots nest: *fine* slots
 * count requests, *sketch* slots hold the latencies of the same recent past, *coarse* slots hold both over the whole
 * window. Coarse slots are cut from the epoch on and divide 60 s, and the predictor's step too.
 *
 * A slot is known by its absolute index since the epoch. All times of the monitor are fine indices.
 */
export class TimeGrid {
  readonly fineSeconds: number;
  readonly finePerSketch: number;
  readonly finePerCoarse: number;
  readonly coarseSeconds: number;
  /** Fine slots of the recent past, the present one included. */
  readonly recentSlots: number;
  /** Coarse slots that are kept, the present one included. */
  readonly coarseSlots: number;
  readonly #nudge: number;

  constructor(samplingInterval: number, windowSize: number, step: number) {
    this.coarseSeconds = coarseWidth(step);
    const sketchesPerCoarse = Math.max(
      1,
      Math.floor(this.coarseSeconds / Math.max(10, 10 * samplingInterval)),
    );
    const sketchSeconds = this.coarseSeconds / sketchesPerCoarse;
    const width = Math.max(samplingInterval, NARROWEST_SECONDS);
    this.finePerSketch = Math.max(1, Math.round(sketchSeconds / width));
    this.finePerCoarse = this.finePerSketch * sketchesPerCoarse;
    this.fineSeconds = this.coarseSeconds / this.finePerCoarse;
    this.recentSlots = Math.ceil(RECENT_SECONDS / this.fineSeconds) + 1;
    const kept = windowSize + Math.max(step, WINDOW_SECONDS);
    this.coarseSlots = Math.ceil(kept / this.coarseSeconds) + 2;
    // Where a width is no whole number, a time that is meant as a slot's start can come out just below it.
    this.#nudge = Number.isInteger(this.fineSeconds) ? 0 : 1e-6;
  }

  /** The fine slot that a time lies in. */
  fineOf(seconds: number): number {
    return Math.floor(seconds / this.fineSeconds + this.#nudge);
  }

  /** The first fine slot that starts at a time or after it. */
  fineFrom(seconds: number): number {
    return Math.ceil(seconds / this.fineSeconds - this.#nudge);
  }

  sketchOf(fine: number): number {
    return Math.floor(fine / this.finePerSketch);
  }

  coarseOf(fine: number): number {
    return Math.floor(fine / this.finePerCoarse);
  }

  /** Start of a fine slot, s. */
  secondsOf(fine: number): number {
    return fine * this.fineSeconds;
  }
}

/**
 * The widest slot, s, that divides both 60 s and the step. A step that shares no such divisor with a minute is
 * answered from slots of at most a sixth of it, split in proportion at its ends.
 */
function coarseWidth(step: number): number {
  const narrowest = Math.min(1, step);
  for (let parts = 1; WINDOW_SECONDS / parts >= narrowest - 1e-9; parts++) {
    if (isWhole((step * parts) / WINDOW_SECONDS)) return WINDOW_SECONDS / parts;
  }
  return WINDOW_SECONDS / Math.ceil(WINDOW_SECONDS / Math.max(NARROWEST_SECONDS, step / 6));
}

function isWhole(value: number): boolean {
  return value > 0.5 && Math.abs(value - Math.round(value)) < 1e-9;
}
