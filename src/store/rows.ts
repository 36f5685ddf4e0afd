/**
 * Reads the values of a row. SQLite is dynamically typed: what is not what the table says is damage, and throws. Columns
 * are selected through `text`, `number` and `bytes`, since the driver ends the process when a value of type text is no
 * UTF-8, and any value of a damaged file may be that.
 */

export function text(column: string): string {
  return `CAST(${column} AS BLOB)`;
}

export function number(column: string): string {
  return `iif(typeof(${column}) = 'text', x'', ${column})`;
}

export function bytes(column: string): string {
  return `CAST(${column} AS BLOB)`;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A row that holds something else than it should: it cannot be read, the others can. */
export class UnreadableRow extends Error {}

export function textAt(row: unknown, column: number): string {
  try {
    return utf8.decode(bytesAt(row, column));
  } catch {
    throw unexpected('text', valueAt(row, column));
  }
}

/** All that is kept is finite and at least 0: times, capacities, measurements. */
export function numberAt(row: unknown, column: number): number {
  const value = valueAt(row, column);
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw unexpected('a number', value);
}

/** NULL is NaN: not known. */
export function numberOrNaNAt(row: unknown, column: number): number {
  return valueAt(row, column) === null ? Number.NaN : numberAt(row, column);
}

export function bytesAt(row: unknown, column: number): Uint8Array {
  const value = valueAt(row, column);
  if (value instanceof Uint8Array) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw unexpected('bytes', value);
}

function valueAt(row: unknown, column: number): unknown {
  return Array.isArray(row) ? row[column] : undefined;
}

function unexpected(wanted: string, value: unknown): Error {
  const found = typeof value === 'number' ? value : typeof value;
  return new UnreadableRow(`the history holds ${found} where ${wanted} belongs`);
}
