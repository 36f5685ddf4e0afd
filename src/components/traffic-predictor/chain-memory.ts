import type { ChainSeries } from '../../models/metrics.ts';

/** Steps that are kept of all chains together: 80 MB at 16 bytes. */
const MOST_STEPS = 5_000_000;
/** Two weeks of minutes: what the longest season needs twice. */
const MOST_STEPS_OF_A_CHAIN = 20_160;

/**
 * What has been seen of each chain. The caller's `recent` may be short; seasons and backtests need more, so each call
 * adds to what is known here. Bounded: with many chains the oldest steps of each go first.
 */
export class ChainMemory {
  readonly #series = new Map<string, ChainSeries>();

  /**
   * Takes a copy of a series in and answers all that is known of its chain, ending where `series` ends. A rate that is
   * no finite number from 0 is a gap.
   */
  merge(series: ChainSeries): ChainSeries {
    const known = this.#series.get(series.chain);
    const merged = joinSeries(known, cleanCopy(series), this.#room());
    this.#series.set(series.chain, merged);
    return merged;
  }

  /** Forgets the chains whose newest step lies before, and answers which: they have left the configuration. */
  forgetBefore(seconds: number): readonly string[] {
    const gone = [...this.#series.values()].filter((series) => endSeconds(series) < seconds);
    for (const { chain } of gone) this.#series.delete(chain);
    return gone.map(({ chain }) => chain);
  }

  #room(): number {
    return Math.min(MOST_STEPS_OF_A_CHAIN, Math.floor(MOST_STEPS / Math.max(1, this.#series.size)));
  }
}

function cleanCopy(series: ChainSeries): ChainSeries {
  return {
    ...series,
    rates: series.rates.map((rate) => (rate >= 0 && rate < Number.POSITIVE_INFINITY ? rate : Number.NaN)),
    latencies: series.latencies.slice(),
    errorRatios: series.errorRatios.slice(),
  };
}

/** End of the last step. */
export function endSeconds(series: ChainSeries): number {
  return series.startSeconds + series.rates.length * series.stepSeconds;
}

/**
 * The known steps of both, ending where `recent` ends and never longer than `room` or `recent` itself, whichever is
 * more. Where both know a step `recent` is right; where it has a gap the older knowledge stays. A series on another
 * grid starts afresh.
 */
export function joinSeries(known: ChainSeries | undefined, recent: ChainSeries, room: number): ChainSeries {
  const shift = known === undefined ? 0 : (recent.startSeconds - known.startSeconds) / recent.stepSeconds;
  if (known === undefined || known.stepSeconds !== recent.stepSeconds || !isWhole(shift)) return recent;
  const before = Math.round(shift);
  if (before <= 0 && recent.rates.length + before >= known.rates.length && isComplete(recent)) return recent;
  const wanted = before + recent.rates.length;
  const length = Math.max(recent.rates.length, Math.min(wanted, room));
  const first = wanted - length;
  return {
    chain: recent.chain,
    stepSeconds: recent.stepSeconds,
    startSeconds: known.startSeconds + first * recent.stepSeconds,
    rates: join(known.rates, recent.rates, before, first, length),
    latencies: join(known.latencies, recent.latencies, before, first, length),
    errorRatios: join(known.errorRatios, recent.errorRatios, before, first, length),
  };
}

function join(
  known: Float64Array,
  recent: Float64Array,
  before: number,
  first: number,
  length: number,
): Float64Array {
  const joined = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const newer = recent[i + first - before] ?? Number.NaN;
    joined[i] = Number.isNaN(newer) ? (known[i + first] ?? Number.NaN) : newer;
  }
  return joined;
}

function isWhole(steps: number): boolean {
  return Math.abs(steps - Math.round(steps)) < 1e-6;
}

function isComplete(series: ChainSeries): boolean {
  return !series.rates.some(Number.isNaN);
}
