import type { ChainSeries } from '../../models/metrics.ts';

/** A change of a known rate below this share of it is none: late records must not make all be worked out anew. */
const SMALL_CHANGE = 0.05;
/** Space for more steps than there are, so that most calls move nothing. */
const SPARE = 1.25;

/** No chain has more, requests/s; and what is less, a request in thirty years, is none. */
const HIGHEST_RATE = 1e12;
const LOWEST_RATE = 1e-9;

const COLUMNS = ['rates', 'latencies', 'errorRatios'] as const;

type Columns = Record<(typeof COLUMNS)[number], Float64Array>;

/** Regular steps of one chain in arrays that are appended to in place; the oldest steps go first. */
export class ChainLog {
  readonly #stepSeconds: number;
  /** Start of row 0, s. */
  #startSeconds: number;
  /** Rows in use; arrays may have room for more. */
  #length = 0;
  #columns: Columns = emptyColumns(0);

  /** An empty log on the grid of a series. */
  constructor({ startSeconds, stepSeconds }: ChainSeries) {
    this.#startSeconds = startSeconds;
    this.#stepSeconds = stepSeconds;
  }

  get endSeconds(): number {
    return this.#startSeconds + this.#length * this.#stepSeconds;
  }

  /** Whether a series has the same grid and begins at most `room` steps after what is known. */
  isContinuedBy({ startSeconds, stepSeconds }: ChainSeries, room: number): boolean {
    const shift = (startSeconds - this.#startSeconds) / stepSeconds;
    const isOnGrid = stepSeconds === this.#stepSeconds && Math.abs(shift - Math.round(shift)) < 1e-6;
    return isOnGrid && this.#length > 0 && shift <= this.#length + room;
  }

  /**
   * Takes the steps of a series in and ends where it ends. More than `room` steps, or than the series has, are cut to
   * that number once they are a quarter more. Answers the start of the first step that was known otherwise, s.
   */
  take(series: ChainSeries, room: number): number | undefined {
    const start = this.#row(series.startSeconds);
    const end = start + series.rates.length;
    const all = end - Math.min(0, start);
    const most = Math.max(room, series.rates.length);
    const first = end - (all > SPARE * most ? most : all);
    const known = this.#length;
    this.#reshape(first, end);
    const changed = this.#write(series, Math.min(known - first, this.#length));
    if (changed !== undefined) return this.#startSeconds + changed * this.#stepSeconds;
    return end < known ? this.endSeconds : undefined;
  }

  view(chain: string): ChainSeries {
    const part = (column: Float64Array) => column.subarray(0, this.#length);
    return {
      chain,
      startSeconds: this.#startSeconds,
      stepSeconds: this.#stepSeconds,
      rates: part(this.#columns.rates),
      latencies: part(this.#columns.latencies),
      errorRatios: part(this.#columns.errorRatios),
    };
  }

  #row(seconds: number): number {
    return Math.round((seconds - this.#startSeconds) / this.#stepSeconds);
  }

  /** Keeps rows [first, end) as the rows from 0 on; rows that are new are gaps. */
  #reshape(first: number, end: number): void {
    const length = end - first;
    const kept = Math.max(0, Math.min(this.#length, end) - Math.max(0, first));
    const at = Math.max(0, -first);
    const fits = length <= this.#columns.rates.length;
    const next = fits ? this.#columns : emptyColumns(Math.ceil(length * SPARE));
    for (const name of COLUMNS) {
      const from = this.#columns[name];
      const to = next[name];
      if (kept > 0 && !(fits && first === 0))
        to.set(from.subarray(Math.max(0, first), Math.max(0, first) + kept), at);
      to.fill(Number.NaN, 0, Math.min(at, length));
      to.fill(Number.NaN, Math.min(at + kept, length), length);
    }
    this.#columns = next;
    this.#startSeconds += first * this.#stepSeconds;
    this.#length = length;
  }

  /** Writes the series over the log's end. Answers the first row below `known` whose rate is another than before. */
  #write(series: ChainSeries, known: number): number | undefined {
    const { rates, latencies, errorRatios } = this.#columns;
    const start = this.#row(series.startSeconds);
    let changed: number | undefined;
    for (let i = Math.max(0, -start); i < series.rates.length; i++) {
      const row = start + i;
      const rate = series.rates[i]!;
      const latency = series.latencies[i] ?? Number.NaN;
      const errorRatio = series.errorRatios[i] ?? Number.NaN;
      if (rate >= 0 && rate <= HIGHEST_RATE) {
        const told = rate < LOWEST_RATE ? 0 : rate;
        if (row < known && changed === undefined && isAnother(told, rates[row]!)) changed = row;
        rates[row] = told;
      }
      if (!Number.isNaN(latency)) latencies[row] = latency;
      if (!Number.isNaN(errorRatio)) errorRatios[row] = errorRatio;
    }
    return changed;
  }
}

function isAnother(rate: number, before: number): boolean {
  return !(Math.abs(rate - before) <= SMALL_CHANGE * Math.max(rate, before));
}

function emptyColumns(length: number): Columns {
  const column = () => new Float64Array(length).fill(Number.NaN);
  return { rates: column(), latencies: column(), errorRatios: column() };
}
