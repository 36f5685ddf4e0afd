import type { ChainSeries } from '../../models/metrics.ts';
import { ChainLog } from './chain-log.ts';

/** Steps that are kept of all chains together: 120 MB at 24 bytes. */
const MOST_STEPS = 5_000_000;
/** Two weeks of minutes: what the longest season needs twice. */
const MOST_STEPS_OF_A_CHAIN = 20_160;

/** What is known of a chain now, and from when on that is not what was known before. */
export interface Remembered {
  /** A view that holds until the next `merge` of its chain. */
  readonly series: ChainSeries;
  /**
   * Start of the first step that is known otherwise than before, s; steps after what was known do not count. Minus
   * infinity when nothing of before is left.
   */
  readonly changedSeconds: number | undefined;
}

/**
 * What has been seen of each chain. The caller's `recent` may be short; seasons and the network need more, so each call
 * adds to what is known here. Bounded: with many chains the oldest steps of each go first.
 */
export class ChainMemory {
  readonly #logs = new Map<string, ChainLog>();

  /**
   * Copies a series in and answers all that is known of its chain, ending where `series` ends. Where both know a step
   * `series` is right; where it has a gap the older knowledge stays. A series on another grid, or after a gap longer
   * than what is kept, starts afresh. A rate that no chain can have is a gap.
   */
  merge(series: ChainSeries): Remembered {
    const known = this.#logs.get(series.chain);
    const room = this.#room();
    const goesOn = known?.isContinuedBy(series, room) === true;
    const log = goesOn ? known : new ChainLog(series);
    this.#logs.set(series.chain, log);
    const changed = log.take(series, room);
    return { series: log.view(series.chain), changedSeconds: goesOn ? changed : Number.NEGATIVE_INFINITY };
  }

  /** All that is known of a chain; a view that holds until its next `merge`. */
  series(chain: string): ChainSeries | undefined {
    return this.#logs.get(chain)?.view(chain);
  }

  /** Forgets the chains whose newest step lies before, and answers which: they have left the configuration. */
  forgetBefore(seconds: number): readonly string[] {
    const gone = [...this.#logs].filter(([, log]) => log.endSeconds < seconds).map(([chain]) => chain);
    for (const chain of gone) this.#logs.delete(chain);
    return gone;
  }

  #room(): number {
    return Math.min(MOST_STEPS_OF_A_CHAIN, Math.floor(MOST_STEPS / Math.max(1, this.#logs.size)));
  }
}

/** End of the last step. */
export function endSeconds(series: ChainSeries): number {
  return series.startSeconds + series.rates.length * series.stepSeconds;
}
