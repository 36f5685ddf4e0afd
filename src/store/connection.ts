/** The little that the store needs of SQLite, in one place. */
import Database from 'libsql';

export type Connection = Database.Database;

/** How long a call waits for another process that holds the file, ms. */
const BUSY_TIMEOUT_MS = 1000;

/**
 * Opens the file for this process alone: SQLite's own lock, which the system drops with the process, also after
 * `kill -9`. Throws the driver's error when the file is in use, or is no database.
 */
export function connect(file: string): Connection {
  const connection = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  connection.pragma('locking_mode = EXCLUSIVE');
  return connection;
}

/** An empty database that is gone when it is closed. */
export function connectInMemory(): Connection {
  return new Database(':memory:');
}

/** Whether writes go to the write-ahead log. */
export function isInWal(connection: Connection): boolean {
  return scalar(connection, 'PRAGMA journal_mode') === 'wal';
}

/**
 * Closes the file and lets go of its lock. The driver keeps a connection alive until its statements are garbage, so
 * closing alone would leave the lock: leaving the WAL mode first releases it, and leaves one self-contained file.
 */
export function disconnect(connection: Connection): void {
  try {
    connection.pragma('journal_mode = DELETE');
    connection.pragma('locking_mode = NORMAL');
    scalar(connection, 'SELECT count(*) FROM sqlite_master');
  } finally {
    connection.close();
  }
}

/** Runs the function in one transaction: all of it is kept, or nothing when it throws. */
export function inTransaction<Result>(connection: Connection, run: () => Result): Result {
  connection.exec('BEGIN IMMEDIATE');
  try {
    const result = run();
    connection.exec('COMMIT');
    return result;
  } catch (thrown) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw thrown;
  }
}

/** SQLite's name of the error, such as `SQLITE_BUSY`; '' for anything else. */
export function sqliteCode(thrown: unknown): string {
  return thrown instanceof Database.SqliteError ? thrown.code : '';
}

/** The single value of a one-row query. */
export function scalar(connection: Connection, sql: string): unknown {
  const row = connection.prepare(sql).raw().get();
  return Array.isArray(row) ? row[0] : undefined;
}

/**
 * The rows of a query, read as they are asked for, from a statement of their own: two readers never share a cursor. A
 * reader that stops early still reads to the end, since an open cursor would keep the write-ahead log from being
 * emptied.
 */
export function* rowsOf(
  connection: Connection,
  sql: string,
  parameters: readonly (number | string)[],
): Iterable<unknown> {
  const cursor = connection
    .prepare(sql)
    .raw()
    .iterate([...parameters]);
  try {
    for (let row = cursor.next(); row.done !== true; row = cursor.next()) yield row.value;
  } finally {
    while (cursor.next().done !== true);
  }
}
