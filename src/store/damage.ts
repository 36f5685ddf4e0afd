/** How it is found that a file is no whole history of ours. */
import { existsSync, statSync } from 'node:fs';
import { messageOf } from '../models/errors.ts';
import type { Logger } from '../models/ports.ts';
import { type Connection, connectInMemory, inTransaction, scalar, sqliteCode } from './connection.ts';
import { bytes, bytesAt, text, textAt, UnreadableRow } from './rows.ts';
import { tablesOf } from './tables.ts';

class DamagedFile extends Error {}

/** Whether what was thrown says that the file is damaged, or none of ours. */
export function isDamage(thrown: unknown): boolean {
  if (thrown instanceof DamagedFile || thrown instanceof UnreadableRow) return true;
  return /^SQLITE_(NOTADB|CORRUPT)/.test(sqliteCode(thrown));
}

/**
 * SQLite takes an empty file for a new database and deletes the write-ahead log beside it, which then has all that there
 * is. Throws what `isDamage` knows.
 */
export function checkFile(file: string, logger: Logger | undefined): void {
  if (statSync(file, { throwIfNoEntry: false })?.size !== 0) return;
  if (existsSync(`${file}-wal`)) throw new DamagedFile('the file is empty');
  logger?.warn({ file }, 'the history is an empty file: starting anew');
}

/** A version that is newer by more than this is a flipped bit and no release. */
const MOST_VERSIONS_AHEAD = 50;

/** Throws what `isDamage` knows when the version is none that a newer DTA-SLO could have written. */
export function checkVersion(version: number, known: number): void {
  if (version < 0 || version > known + MOST_VERSIONS_AHEAD)
    throw new DamagedFile(`its version, ${version}, is none of ours`);
}

/** Throws what `isDamage` knows when pages are damaged, or when a file without version has tables: it is not ours. */
export function checkIntegrity(connection: Connection, version: number): void {
  const answer = scalar(connection, `SELECT ${bytes('integrity_check')} FROM pragma_integrity_check(1)`);
  const said = Buffer.from(bytesAt([answer], 0)).toString();
  if (said !== 'ok') throw new DamagedFile(said);
  if (version === 0 && scalar(connection, 'SELECT count(*) FROM sqlite_master') !== 0)
    throw new DamagedFile('it is a database of another program');
}

/** Throws what `isDamage` knows when a table or column that the migrations make is missing. */
export function checkTables(connection: Connection, migrations: readonly string[]): void {
  const present = new Set(columnsOf(connection));
  const missing = expectedColumns(migrations).filter((column) => !present.has(column));
  if (missing.length > 0) throw new DamagedFile(`it lacks ${missing.slice(0, 5).join(', ')}`);
}

/** Throws what `isDamage` knows when our statements do not fit the tables, whose keys may be damaged where columns are not. */
export function checkStatements(connection: Connection): void {
  try {
    tablesOf(connection);
  } catch (thrown) {
    throw new DamagedFile(messageOf(thrown));
  }
}

function expectedColumns(migrations: readonly string[]): readonly string[] {
  const fresh = connectInMemory();
  inTransaction(fresh, () => {
    for (const step of migrations) fresh.exec(step);
  });
  const columns = columnsOf(fresh);
  fresh.close();
  return columns;
}

function columnsOf(connection: Connection): readonly string[] {
  return connection
    .prepare(
      `SELECT ${text("tables.name || '.' || columns.name")} FROM sqlite_master AS tables
       JOIN pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'`,
    )
    .raw()
    .all([])
    .map((row) => textAt(row, 0));
}
