import type { Connection } from './connection.ts';

/** Rows that go into one statement; the call into SQLite costs as much as writing several rows. */
const ROWS_PER_STATEMENT = 50;

export type SqlValue = string | number | null | Uint8Array;

/**
 * A function that writes many rows, replacing those with the same key. It makes no transaction of its own. NaN is
 * written as NULL.
 */
export function bulkWriter(connection: Connection, table: string, columns: readonly string[]) {
  const tuple = `(${columns.map(() => '?').join(', ')})`;
  const prepare = (rows: number) =>
    connection.prepare(
      `INSERT OR REPLACE INTO ${table} (${columns.join(', ')}) VALUES ${Array(rows).fill(tuple).join(', ')}`,
    );
  const many = prepare(ROWS_PER_STATEMENT);
  const one = prepare(1);
  return (rows: readonly (readonly SqlValue[])[]): void => {
    const whole = rows.length - (rows.length % ROWS_PER_STATEMENT);
    for (let i = 0; i < whole; i += ROWS_PER_STATEMENT)
      many.run(rows.slice(i, i + ROWS_PER_STATEMENT).flat());
    for (const row of rows.slice(whole)) one.run([...row]);
  };
}
