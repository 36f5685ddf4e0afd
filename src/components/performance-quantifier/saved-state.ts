import type { CompositionSample } from './composition-fit.ts';
import { type PairColumns, WindowTable } from './window-table.ts';

/** What a restart needs to go on learning: the windows; the curves follow from them. */
export interface SavedState {
  /** Percentile that each chain's latencies were taken at. */
  readonly percentiles: ReadonlyMap<string, number>;
  readonly services: ReadonlyMap<string, WindowTable>;
  readonly chains: ReadonlyMap<string, readonly CompositionSample[]>;
}

const VERSION = 1;
/** Digits kept: far below the noise of any window, half the size. */
const DIGITS = 6;

/** JSON-safe: numbers that JSON has not (NaN) become null. */
export function encodeState(state: SavedState): unknown {
  return {
    version: VERSION,
    percentiles: Object.fromEntries(state.percentiles),
    services: [...state.services].map(([service, table]) => encodeTable(service, table)),
    chains: [...state.chains].map(([chain, samples]) => ({
      chain,
      samples: samples.map((s) => [
        s.startSeconds,
        ...[s.endToEndSeconds, s.pathSeconds, s.requests].map(rounded),
      ]),
    })),
  };
}

/** The state in what `encodeState` made; undefined when it is anything else. */
export function decodeState(saved: unknown, maxWindows: number): SavedState | undefined {
  if (!isRecord(saved) || saved['version'] !== VERSION || !isRecord(saved['percentiles'])) return undefined;
  const percentiles = new Map<string, number>();
  for (const [chain, percentile] of Object.entries(saved['percentiles'])) {
    if (!isNumber(percentile)) return undefined;
    percentiles.set(chain, percentile);
  }
  const services = decodeNamed(saved['services'], 'service', (item) => decodeTable(item, maxWindows));
  const chains = decodeNamed(saved['chains'], 'chain', (item) => decodeSamples(item['samples'], maxWindows));
  return services === undefined || chains === undefined ? undefined : { percentiles, services, chains };
}

const TABLE_COLUMNS = ['starts', 'lengths', 'cpus', 'instances', 'used'] as const;
const PAIR_COLUMNS = ['rates', 'requests', 'errorRatios', 'percentiles', 'means'] as const;

function encodeTable(service: string, table: WindowTable): unknown {
  const { count } = table;
  return {
    service,
    ...Object.fromEntries(
      TABLE_COLUMNS.map((name) => [name, encodeColumn(table[name], count, name === 'starts')]),
    ),
    pairs: [...table.chains].map(([chain, columns]) => ({
      chain,
      ...Object.fromEntries(PAIR_COLUMNS.map((name) => [name, encodeColumn(columns[name], count, false)])),
    })),
  };
}

function encodeColumn(column: Float64Array, count: number, isExact: boolean): (number | null)[] {
  return Array.from(column.subarray(0, count), (value) => {
    if (!Number.isFinite(value)) return null;
    return isExact ? value : rounded(value);
  });
}

function decodeTable(item: Record<string, unknown>, maxWindows: number): WindowTable | undefined {
  const starts = item['starts'];
  const pairs = item['pairs'];
  if (!Array.isArray(starts) || !Array.isArray(pairs)) return undefined;
  const table = new WindowTable(maxWindows);
  table.count = Math.min(starts.length, maxWindows);
  for (const name of TABLE_COLUMNS) {
    const isPositive = name !== 'used' && name !== 'starts';
    if (!decodeColumn(item[name], starts.length, table[name], table.count, isPositive)) return undefined;
  }
  if (!isIncreasing(table.starts, table.count)) return undefined;
  for (const pair of pairs) {
    if (!isRecord(pair) || typeof pair['chain'] !== 'string') return undefined;
    const columns = table.columnsOf(pair['chain']);
    if (!decodePair(pair, starts.length, columns, table.count)) return undefined;
  }
  return table;
}

function decodePair(
  pair: Record<string, unknown>,
  length: number,
  columns: PairColumns,
  count: number,
): boolean {
  return PAIR_COLUMNS.every((name) => decodeColumn(pair[name], length, columns[name], count, false));
}

/** Takes the newest `count` of `length` numbers; null stands for NaN and is allowed in `used` alone, by its sign rule. */
function decodeColumn(
  saved: unknown,
  length: number,
  into: Float64Array,
  count: number,
  isPositive: boolean,
): boolean {
  if (!Array.isArray(saved) || saved.length !== length) return false;
  const newest: unknown[] = saved.slice(length - count);
  return newest.every((value, i) => {
    if (value === null && !isPositive) into[i] = Number.NaN;
    else if (isNumber(value) && value >= 0 && (!isPositive || value > 0)) into[i] = value;
    else return false;
    return true;
  });
}

function decodeSamples(saved: unknown, maxWindows: number): CompositionSample[] | undefined {
  if (!Array.isArray(saved)) return undefined;
  const samples: CompositionSample[] = [];
  for (const row of saved.slice(-maxWindows)) {
    if (!Array.isArray(row) || row.length !== 4) return undefined;
    const [startSeconds, endToEndSeconds, pathSeconds, requests]: unknown[] = row;
    if (!isNumber(startSeconds) || !isNumber(requests) || requests < 0) return undefined;
    if (!isNumber(endToEndSeconds) || !isNumber(pathSeconds) || endToEndSeconds <= 0 || pathSeconds <= 0) {
      return undefined;
    }
    samples.push({ startSeconds, endToEndSeconds, pathSeconds, requests });
  }
  return samples;
}

function decodeNamed<T>(
  saved: unknown,
  key: string,
  decode: (item: Record<string, unknown>) => T | undefined,
): Map<string, T> | undefined {
  if (!Array.isArray(saved)) return undefined;
  const result = new Map<string, T>();
  for (const item of saved) {
    const name: unknown = isRecord(item) ? item[key] : undefined;
    const decoded = isRecord(item) ? decode(item) : undefined;
    if (typeof name !== 'string' || decoded === undefined) return undefined;
    result.set(name, decoded);
  }
  return result;
}

function isIncreasing(values: Float64Array, count: number): boolean {
  for (let i = 1; i < count; i++) if (!(values[i]! > values[i - 1]!)) return false;
  return true;
}

function rounded(value: number): number {
  const scale = 10 ** (DIGITS - 1 - Math.floor(Math.log10(Math.abs(value))));
  return scale > 0 && Number.isFinite(scale * value) ? Math.round(value * scale) / scale : value;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
