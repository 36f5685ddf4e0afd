import type { SeriesStepRow } from '../../models/history.ts';
import type { ChainSeries } from '../../models/metrics.ts';
import type { TrafficReader } from '../../models/ports.ts';

/** Numbers kept of all chains together: 48 MiB. */
const BUDGET_VALUES = 6 * 1024 * 1024;
const VALUES_PER_STEP = 3;

export interface SeriesHistoryOptions {
  readonly stepSeconds: number;
  readonly chains: readonly string[];
  /** Steps that the monitor itself can still tell; nothing older is asked of it. */
  readonly monitorSteps: number;
  /** Longest history, s. */
  readonly retentionSeconds: number;
}

/**
 * The regular series of every chain, as far back as memory allows: at least what the network eats, at most the
 * retention. Steps are taken from the monitor once they are closed, and handed out to be stored.
 */
export class SeriesHistory {
  readonly #step: number;
  readonly #capacity: number;
  readonly #monitorSteps: number;
  readonly #rings = new Map<string, ChainRing>();
  /** Index (time / step) of the first step that was not taken yet; undefined before the first. */
  #next: number | undefined;

  constructor({ stepSeconds, chains, monitorSteps, retentionSeconds }: SeriesHistoryOptions) {
    this.#step = stepSeconds;
    this.#monitorSteps = monitorSteps;
    const affordable = Math.floor(BUDGET_VALUES / (VALUES_PER_STEP * Math.max(1, chains.length)));
    this.#capacity = Math.max(monitorSteps, Math.min(affordable, Math.ceil(retentionSeconds / stepSeconds)));
    for (const chain of chains) this.#rings.set(chain, new ChainRing(this.#capacity));
  }

  /** Takes another list of chains; the histories of those that stay are kept. */
  reconfigure(chains: readonly string[]): void {
    for (const chain of this.#rings.keys()) if (!chains.includes(chain)) this.#rings.delete(chain);
    for (const chain of chains) {
      if (!this.#rings.has(chain)) this.#rings.set(chain, new ChainRing(this.#capacity));
    }
  }

  /** Takes back stored steps, in any order; chains that are no longer known are passed over. */
  restore(rows: Iterable<SeriesStepRow>): void {
    for (const row of rows) {
      const index = Math.round(row.startSeconds / this.#step);
      if (Math.abs(index * this.#step - row.startSeconds) > 1e-6) continue;
      this.#rings.get(row.chain)?.set(index, row.rate, row.latency, row.errorRatio);
      this.#next = Math.max(this.#next ?? 0, index + 1);
    }
  }

  /** Takes the steps that ended before `untilSeconds` from the monitor and answers the known ones as rows. */
  advance(traffic: TrafficReader, untilSeconds: number): readonly SeriesStepRow[] {
    const end = Math.floor(untilSeconds / this.#step);
    if (this.#next !== undefined && end < this.#next) this.#next = end; // the clock was set back
    const start = Math.max(this.#next ?? 0, end - this.#monitorSteps);
    if (start >= end) return [];
    const rows = [...this.#rings].flatMap(([chain, ring]) =>
      this.#take(ring, traffic.chainSeries(chain, end * this.#step, end - start)),
    );
    this.#next = end;
    return rows;
  }

  /** Takes the steps once more that lie in these stretches of time: records that came late have changed them. */
  takeAgain(
    traffic: TrafficReader,
    changed: Iterable<{ readonly fromSeconds: number; readonly toSeconds: number }>,
  ): readonly SeriesStepRow[] {
    const steps = new Set<number>();
    for (const { fromSeconds, toSeconds } of changed) {
      const end = Math.min(this.#next ?? 0, Math.ceil(toSeconds / this.#step));
      for (let step = Math.floor(fromSeconds / this.#step); step < end; step += 1) steps.add(step);
    }
    return [...this.#rings].flatMap(([chain, ring]) =>
      [...steps].flatMap((step) => this.#take(ring, traffic.chainSeries(chain, (step + 1) * this.#step, 1))),
    );
  }

  /** All that is known of every chain up to the newest step taken; at most `steps` steps. */
  series(steps = this.#capacity): readonly ChainSeries[] {
    const end = this.#next ?? 0;
    return [...this.#rings].map(([chain, ring]) => ({
      chain,
      stepSeconds: this.#step,
      ...ring.read(end, Math.min(steps, this.#capacity), this.#step),
    }));
  }

  #take(ring: ChainRing, series: ChainSeries): SeriesStepRow[] {
    const first = Math.round(series.startSeconds / this.#step);
    const rows: SeriesStepRow[] = [];
    series.rates.forEach((rate, offset) => {
      if (Number.isNaN(rate)) return;
      const latency = series.latencies[offset] ?? Number.NaN;
      const errorRatio = series.errorRatios[offset] ?? Number.NaN;
      ring.set(first + offset, rate, latency, errorRatio);
      rows.push({
        chain: series.chain,
        startSeconds: (first + offset) * this.#step,
        rate,
        latency,
        errorRatio,
      });
    });
    return rows;
  }
}

/** Steps of one chain by absolute index; what was never set reads as NaN. */
class ChainRing {
  readonly #capacity: number;
  readonly #values: Float64Array;
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#values = new Float64Array(capacity * VALUES_PER_STEP).fill(Number.NaN);
  }

  set(index: number, rate: number, latency: number, errorRatio: number): void {
    if (index <= this.#last - this.#capacity) return;
    this.#forget(index);
    const at = (index % this.#capacity) * VALUES_PER_STEP;
    this.#values[at] = rate;
    this.#values[at + 1] = latency;
    this.#values[at + 2] = errorRatio;
    this.#first = Math.min(this.#first, index);
  }

  /** The steps before `end`, from the first known one on. */
  read(end: number, steps: number, stepSeconds: number) {
    const start = Math.min(end, Math.max(end - steps, this.#last - this.#capacity + 1, this.#first));
    const length = end - start;
    const column = (offset: number) => this.#column(offset, start, length);
    return {
      startSeconds: start * stepSeconds,
      rates: column(0),
      latencies: column(1),
      errorRatios: column(2),
    };
  }

  /** One of the values of each step, NaN for what is newer than the newest one. */
  #column(offset: number, start: number, length: number): Float64Array {
    const column = new Float64Array(length).fill(Number.NaN);
    const known = Math.min(length, this.#last + 1 - start);
    for (let row = 0, at = start % this.#capacity; row < known; row++) {
      column[row] = this.#values[at * VALUES_PER_STEP + offset]!;
      if (++at === this.#capacity) at = 0;
    }
    return column;
  }

  /** Clears the steps between the newest one and `index`, which stand where older ones stood. */
  #forget(index: number): void {
    const from = Math.max(this.#last + 1, index - this.#capacity + 1);
    for (let step = from; step <= index; step += 1) {
      const at = (step % this.#capacity) * VALUES_PER_STEP;
      this.#values.fill(Number.NaN, at, at + VALUES_PER_STEP);
    }
    this.#last = Math.max(this.#last, index);
    this.#first = Math.max(this.#first, this.#last - this.#capacity + 1);
  }
}
