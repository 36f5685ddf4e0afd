import type { PairWindow, ServiceWindow } from '../../models/metrics.ts';

/** Figures outside are no measurements (s, cores, 1/s), and squares of them would overflow. */
const LEAST = 1e-9;
const MOST = 1e12;

/** One chain's columns; row i belongs to window i of the table. A chain that was not there has rate and requests 0. */
export interface PairColumns {
  readonly rates: Float64Array;
  readonly requests: Float64Array;
  readonly errorRatios: Float64Array;
  /** s; 0 where there is no latency. */
  readonly percentiles: Float64Array;
  readonly means: Float64Array;
}

/** What became of a window that was put into a table. */
export type WindowPlace = 'newest' | 'inserted' | 'replaced' | 'refused';

/** The newest windows of one service, oldest first, in columns of fixed length: fits run over them again and again. */
export class WindowTable {
  readonly maxWindows: number;
  count = 0;
  readonly starts: Float64Array;
  readonly lengths: Float64Array;
  /** Cores of one instance. */
  readonly cpus: Float64Array;
  readonly instances: Float64Array;
  /** Measured CPU use, cores; NaN where it was not measured. */
  readonly used: Float64Array;
  /** Share of the CPU periods that were throttled; NaN where nothing told. */
  readonly throttled: Float64Array;
  /** 1, or less for windows from before a change, restated as if they had come after it. */
  readonly weights: Float64Array;
  /** The same for their use of CPU. */
  readonly useWeights: Float64Array;
  readonly chains = new Map<string, PairColumns>();

  constructor(maxWindows: number) {
    this.maxWindows = maxWindows;
    this.starts = new Float64Array(maxWindows);
    this.lengths = new Float64Array(maxWindows);
    this.cpus = new Float64Array(maxWindows);
    this.instances = new Float64Array(maxWindows);
    this.used = new Float64Array(maxWindows);
    this.throttled = new Float64Array(maxWindows);
    this.weights = new Float64Array(maxWindows);
    this.useWeights = new Float64Array(maxWindows);
  }

  /**
   * Takes the window to where it belongs in time. One that starts with a known one replaces it, since records that came
   * late have changed it. Refused are windows without a usable capacity, which say nothing, and those older than all
   * of a full table.
   */
  put(window: ServiceWindow): WindowPlace {
    if (!isUsable(window)) return 'refused';
    const before = this.starts.subarray(0, this.count).findLastIndex((start) => start <= window.startSeconds);
    if (before >= 0 && this.starts[before] === window.startSeconds) {
      this.write(before, window);
      return 'replaced';
    }
    const isNewest = before === this.count - 1;
    if (this.count === this.maxWindows) {
      if (before < 0) return 'refused';
      this.keepNewest(this.maxWindows - 1);
      return this.insert(before, window, isNewest);
    }
    return this.insert(before + 1, window, isNewest);
  }

  private insert(row: number, window: ServiceWindow, isNewest: boolean): WindowPlace {
    if (row < this.count) for (const column of this.allColumns()) column.copyWithin(row + 1, row, this.count);
    this.count++;
    this.write(row, window);
    return isNewest ? 'newest' : 'inserted';
  }

  private write(row: number, window: ServiceWindow): void {
    const { cpuUsedCores = Number.NaN, throttledRatio = Number.NaN } = window;
    this.starts[row] = window.startSeconds;
    this.lengths[row] = window.lengthSeconds;
    this.cpus[row] = window.capacity.cpu;
    this.instances[row] = window.capacity.instances;
    this.used[row] = isBetween(0, cpuUsedCores, MOST) ? cpuUsedCores : Number.NaN;
    this.throttled[row] = isBetween(0, throttledRatio, 1) ? throttledRatio : Number.NaN;
    this.weights[row] = 1;
    this.useWeights[row] = 1;
    for (const columns of this.chains.values()) writePair(columns, row, undefined);
    for (const pair of window.pairs) if (isSound(pair)) writePair(this.columnsOf(pair.chain), row, pair);
  }

  /** The first row that starts at `seconds` or later; `count` when none does. */
  rowSince(seconds: number): number {
    let row = this.count;
    while (row > 0 && this.starts[row - 1]! >= seconds) row--;
    return row;
  }

  /** The window that starts at this very time; −1 where there is none. */
  rowAt(seconds: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle]! < seconds) low = middle + 1;
      else high = middle;
    }
    return low < this.count && this.starts[low] === seconds ? low : -1;
  }

  copy(): WindowTable {
    const copied = new WindowTable(this.maxWindows);
    copied.count = this.count;
    for (const chain of this.chains.keys()) copied.columnsOf(chain);
    const columns = copied.allColumns();
    for (const column of this.allColumns()) columns.next().value?.set(column);
    return copied;
  }

  /** Forgets all but the newest `kept` windows, and the chains that have no request in them. */
  keepNewest(kept: number): void {
    const first = this.count - kept;
    if (first <= 0) return;
    for (const column of this.allColumns()) column.copyWithin(0, first, this.count);
    this.count = kept;
    for (const [chain, columns] of this.chains) {
      if (!columns.requests.subarray(0, kept).some((requests) => requests > 0)) this.chains.delete(chain);
    }
  }

  /** End of the newest window, Unix s; 0 when empty. */
  get endSeconds(): number {
    return this.count === 0 ? 0 : this.starts[this.count - 1]! + this.lengths[this.count - 1]!;
  }

  /** The columns of a chain, made when it is new. */
  columnsOf(chain: string): PairColumns {
    let columns = this.chains.get(chain);
    if (columns === undefined) {
      columns = emptyColumns(this.maxWindows);
      this.chains.set(chain, columns);
    }
    return columns;
  }

  /** Keeps a chain's load alone: its latencies are not comparable with new ones. */
  forgetLatencies(chain: string): void {
    this.chains.get(chain)?.percentiles.fill(0);
  }

  private *allColumns(): Generator<Float64Array, undefined> {
    yield* [this.starts, this.lengths, this.cpus, this.instances];
    yield* [this.used, this.throttled, this.weights, this.useWeights];
    for (const columns of this.chains.values()) yield* Object.values(columns);
    return undefined;
  }
}

function emptyColumns(length: number): PairColumns {
  return {
    rates: new Float64Array(length),
    requests: new Float64Array(length),
    errorRatios: new Float64Array(length),
    percentiles: new Float64Array(length),
    means: new Float64Array(length),
  };
}

function writePair(columns: PairColumns, row: number, pair: PairWindow | undefined): void {
  const isMeasured = pair !== undefined && isLatency(pair.percentileSeconds) && isLatency(pair.meanSeconds);
  columns.rates[row] = pair?.ratePerSecond ?? 0;
  columns.requests[row] = pair?.requests ?? 0;
  columns.errorRatios[row] = pair?.errorRatio ?? 0;
  columns.percentiles[row] = isMeasured ? pair.percentileSeconds : 0;
  columns.means[row] = isMeasured ? pair.meanSeconds : 0;
}

function isUsable({ capacity, startSeconds, lengthSeconds }: ServiceWindow): boolean {
  const isCapacity = isBetween(LEAST, capacity.cpu, MOST) && isBetween(1, capacity.instances, MOST);
  return isCapacity && isBetween(0, startSeconds, MOST) && isBetween(LEAST, lengthSeconds, MOST);
}

/** A pair without a latency (every request failed) counts as load. */
function isSound(pair: PairWindow): boolean {
  return (
    isBetween(0, pair.ratePerSecond, MOST) &&
    isBetween(0, pair.requests, MOST) &&
    isBetween(0, pair.errorRatio, 1)
  );
}

function isLatency(seconds: number): boolean {
  return isBetween(LEAST, seconds, MOST);
}

/** False for NaN. */
function isBetween(low: number, value: number, high: number): boolean {
  return value >= low && value <= high;
}
