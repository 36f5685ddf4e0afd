/** Passes of the last hour, with what was known at them and what came while their capacity was in force. */
import { cameOf } from './came.ts';
import type { Past } from './scenario-raise.ts';
import { SPAN_SECONDS } from './span-rates.ts';
import { EFFECT_SECONDS, type SpikesThen } from './spike-forecast.ts';

/** What is learned from, s. */
export const MEMORY_SECONDS = 3600;

/** What came after a pass is not waited for any longer, s. */
const FORGOTTEN_SECONDS = 600;

/** A pass, and what was known at it. */
export interface Made {
  readonly atSeconds: number;
  /** `simpleForecasts`. */
  readonly forecasts: readonly number[];
  readonly spikes: SpikesThen;
}

/** The same and what came. */
export type Known = Made & Past;

/** What is told of the load, requests/s; NaN where it is not known (yet). */
export interface SeenRates {
  /** Of the span that begins then. */
  readonly rateAt: (seconds: number) => number;
  /** Of the second that begins then, as it was counted; absent where single seconds are not told. */
  readonly secondAt?: (seconds: number) => number;
}

export class PassMemory {
  readonly past: Known[] = [];
  #open: Made[] = [];

  open(made: Made): void {
    this.#open.push(made);
  }

  /** Of what came since the latest passes nothing is to be learned. */
  forgetOpen(): void {
    this.#open = [];
  }

  /** Passes of which everything is known that came until the next one took effect. */
  close(atSeconds: number, intervalSeconds: number, { rateAt, secondAt }: SeenRates): void {
    // The clock was set back.
    this.#open = this.#open.filter((one) => one.atSeconds < atSeconds);
    while (this.#open.length > 0) {
      const oldest = this.#open[0]!;
      // From the second on that it is made in: the load of now must be carried by the forecast as well.
      const first = Math.floor(oldest.atSeconds / SPAN_SECONDS) * SPAN_SECONDS;
      const next = Math.min(this.#open[1]?.atSeconds ?? atSeconds, oldest.atSeconds + intervalSeconds);
      const toSeconds = next + EFFECT_SECONDS;
      // And all spans of which the pass after is in force for less than a half.
      const spans = Math.ceil((toSeconds - first) / SPAN_SECONDS - 0.5);
      const rates = Array.from({ length: spans }, (_, i) => rateAt(first + i * SPAN_SECONDS));
      const isOld = atSeconds - first > FORGOTTEN_SECONDS;
      if (!isOld && rates.some(Number.isNaN)) break;
      this.#open.shift();
      if (rates.some(Number.isNaN)) continue;
      const came = cameOf(rates, first, { fromSeconds: oldest.atSeconds, toSeconds }, secondAt);
      this.past.push({ ...oldest, came, seconds: next - oldest.atSeconds });
    }
    while (this.past[0] !== undefined && Math.abs(atSeconds - this.past[0].atSeconds) > MEMORY_SECONDS)
      this.past.shift();
  }
}
