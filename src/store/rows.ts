/** Reads the values of a row. SQLite is dynamically typed: what is not what the table says is damage, and throws. */

/** A row that holds something else than it should: it cannot be read, the others can. */
export class UnreadableRow extends Error {}

export function textAt(row: unknown, column: number): string {
  const value = valueAt(row, column);
  if (typeof value === 'string') return value;
  throw unexpected('text', value);
}

export function numberAt(row: unknown, column: number): number {
  const value = valueAt(row, column);
  if (typeof value === 'number') return value;
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
  return new UnreadableRow(`the history holds ${typeof value} where ${wanted} belongs`);
}
