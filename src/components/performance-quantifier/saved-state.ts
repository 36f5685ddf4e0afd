import type { CompositionSample } from './composition-fit.ts';
import { pack, unpack } from './packed-columns.ts';
import { WindowTable } from './window-table.ts';

/** What a restart needs to go on learning: the windows; the curves follow from them. */
export interface SavedService {
  readonly table: WindowTable;
  /** Percentile that each chain's latencies were taken at. */
  readonly percentiles: ReadonlyMap<string, number>;
}

export interface SavedChain {
  readonly samples: readonly CompositionSample[];
  readonly percentile: number;
}

const TABLE_COLUMNS = ['lengths', 'cpus', 'instances', 'used', 'throttled', 'weights', 'useWeights'] as const;
/** What states of version 0.1 have of them. */
const FIRST_COLUMNS = 4;
const PAIR_COLUMNS = ['rates', 'requests', 'errorRatios', 'percentiles', 'means'] as const;
const SAMPLE_COLUMNS = ['endToEndSeconds', 'pathSeconds', 'requests'] as const;

export function encodeService(table: WindowTable, percentileOf: (chain: string) => number): Uint8Array {
  const chains = [...table.chains];
  const columns = [
    ...TABLE_COLUMNS.map((name) => table[name]),
    ...chains.flatMap(([, pair]) => PAIR_COLUMNS.map((name) => pair[name])),
  ];
  return pack({
    header: chains.map(([chain]) => [chain, percentileOf(chain)]),
    times: table.starts.subarray(0, table.count),
    columns: columns.map((column) => column.subarray(0, table.count)),
  });
}

/** What `encodeService` made, of its windows the newest `maxWindows`; undefined when it is anything else. */
export function decodeService(bytes: Uint8Array, maxWindows: number): SavedService | undefined {
  const saved = unpack(bytes);
  const percentiles = saved && decodePercentiles(saved.header);
  if (saved === undefined || percentiles === undefined || !isAscending(saved.times)) return undefined;
  const ofTable = TABLE_COLUMNS.slice(0, saved.columns.length - percentiles.size * PAIR_COLUMNS.length);
  if (ofTable.length !== TABLE_COLUMNS.length && ofTable.length !== FIRST_COLUMNS) return undefined;
  const table = new WindowTable(maxWindows);
  table.count = Math.min(saved.times.length, maxWindows);
  const columns = saved.columns.values();
  const take = (into: Float64Array, isSound: (value: number) => boolean) => {
    const newest = columns.next().value!.slice(saved.times.length - table.count);
    into.set(newest);
    return newest.every(isSound);
  };
  table.starts.set(saved.times.subarray(saved.times.length - table.count));
  table.throttled.fill(Number.NaN);
  table.weights.fill(1);
  table.useWeights.fill(1);
  const isSound =
    ofTable.every((name) => take(table[name], isOptional(name) ? isUse : isPositive)) &&
    [...percentiles.keys()].every((chain) =>
      PAIR_COLUMNS.every((name) => take(table.columnsOf(chain)[name], isMeasure)),
    );
  return isSound ? { table, percentiles } : undefined;
}

export function encodeChain(samples: readonly CompositionSample[], percentile: number): Uint8Array {
  return pack({
    header: percentile,
    times: Float64Array.from(samples, (sample) => sample.startSeconds),
    columns: SAMPLE_COLUMNS.map((name) => Float64Array.from(samples, (sample) => sample[name])),
  });
}

/** What `encodeChain` made, of its samples the newest `maxWindows`; undefined when it is anything else. */
export function decodeChain(bytes: Uint8Array, maxWindows: number): SavedChain | undefined {
  const saved = unpack(bytes);
  const percentile = saved?.header;
  if (saved === undefined || typeof percentile !== 'number' || !isAscending(saved.times)) return undefined;
  const [endToEnd, path, requests] = saved.columns;
  if (endToEnd === undefined || path === undefined || requests === undefined) return undefined;
  if (!endToEnd.every(isPositive) || !path.every(isPositive) || !requests.every(isMeasure)) return undefined;
  const samples = Array.from(saved.times, (startSeconds, i) => ({
    startSeconds,
    endToEndSeconds: endToEnd[i]!,
    pathSeconds: path[i]!,
    requests: requests[i]!,
  }));
  return { samples: samples.slice(-maxWindows), percentile };
}

function isOptional(name: (typeof TABLE_COLUMNS)[number]): boolean {
  return name === 'used' || name === 'throttled';
}

function decodePercentiles(header: unknown): ReadonlyMap<string, number> | undefined {
  if (!Array.isArray(header)) return undefined;
  const percentiles = new Map<string, number>();
  for (const entry of header) {
    if (!Array.isArray(entry)) return undefined;
    const [chain, percentile]: unknown[] = entry;
    if (typeof chain !== 'string' || typeof percentile !== 'number' || percentiles.has(chain))
      return undefined;
    percentiles.set(chain, percentile);
  }
  return percentiles;
}

function isAscending(times: Float64Array): boolean {
  return times.every((time, i) => Number.isFinite(time) && time >= 0 && (i === 0 || time > times[i - 1]!));
}

function isMeasure(value: number): boolean {
  return value >= 0 && value < Number.POSITIVE_INFINITY;
}

function isPositive(value: number): boolean {
  return value > 0 && value < Number.POSITIVE_INFINITY;
}

function isUse(value: number): boolean {
  return Number.isNaN(value) || isMeasure(value);
}
