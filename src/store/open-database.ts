/** Opens the database file: folder, lock, damage, version, in this order. */
import { accessSync, constants, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../models/errors.ts';
import type { Logger } from '../models/ports.ts';
import { type Connection, connect, inTransaction, scalar, sqliteCode } from './connection.ts';
import { checkFile, checkIntegrity, checkStatements, checkTables, checkVersion, isDamage } from './damage.ts';
import { MIGRATIONS } from './migrations.ts';
import { HistoryStoreError } from './store-error.ts';

export const DATABASE_FILE = 'history.db';

/**
 * The database in the folder, made when there is none, of the present version and locked for this process. A damaged
 * file is moved aside and said so in the log. Throws a HistoryStoreError when the folder cannot be used, another
 * process has the history, or a newer DTA-SLO has written it; nothing is changed then.
 */
export function openDatabase(
  folder: string,
  logger: Logger | undefined,
  migrations: readonly string[] = MIGRATIONS,
): Connection {
  makeFolder(folder);
  const file = join(folder, DATABASE_FILE);
  checkWritable(folder, file);
  try {
    checkFile(file, logger);
    return prepare(connectOrExplain(file), file, migrations);
  } catch (thrown) {
    if (!isDamage(thrown)) throw explained(file, thrown);
    return startAnew(folder, logger, messageOf(thrown), migrations);
  }
}

/** Moves the database in the folder aside, says so in the log, and opens an empty one. Throws as `openDatabase` does. */
export function startAnew(
  folder: string,
  logger: Logger | undefined,
  error: string,
  migrations: readonly string[] = MIGRATIONS,
): Connection {
  const file = join(folder, DATABASE_FILE);
  try {
    const aside = moveAside(folder, file);
    logger?.error({ file, aside, error }, 'the history is damaged: moved aside, starting anew');
    return prepare(connectOrExplain(file), file, migrations);
  } catch (thrown) {
    throw explained(file, thrown);
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (thrown) {
    throw new HistoryStoreError(`cannot make the history folder ${folder}: ${messageOf(thrown)}`, thrown);
  }
}

/** SQLite would open it read-only, and fail later with less to tell. */
function checkWritable(folder: string, file: string): void {
  try {
    accessSync(folder, constants.W_OK);
    if (existsSync(file)) accessSync(file, constants.W_OK);
  } catch (thrown) {
    throw new HistoryStoreError(
      `the history ${file} cannot be written: ${messageOf(thrown)}. Without it no decision could be explained or undone ` +
        'after a restart: make its folder and files writable, or set store.path to another folder.',
      thrown,
    );
  }
}

function connectOrExplain(file: string): Connection {
  try {
    return connect(file);
  } catch (thrown) {
    if (isDamage(thrown)) throw thrown;
    const hint = 'is its folder writable?';
    throw new HistoryStoreError(`cannot open the history ${file} (${hint}): ${messageOf(thrown)}`, thrown);
  }
}

function prepare(connection: Connection, file: string, migrations: readonly string[]): Connection {
  try {
    const version = readVersion(connection, file, migrations.length);
    checkIntegrity(connection, version);
    // Before anything is written: a file that is moved aside is as it was found.
    checkTables(connection, migrations.slice(0, version));
    enterWal(connection);
    // Enough against the death of the process; a loss of power may take the last transactions, never the file.
    connection.pragma('synchronous = NORMAL');
    connection.pragma('foreign_keys = ON');
    migrate(connection, version, migrations);
    checkStatements(connection);
    return connection;
  } catch (thrown) {
    connection.close();
    throw thrown;
  }
}

function readVersion(connection: Connection, file: string, known: number): number {
  const version = Number(scalar(connection, 'PRAGMA user_version'));
  checkVersion(version, known);
  if (version <= known) return version;
  throw new HistoryStoreError(
    `the history ${file} has version ${version}, written by a newer DTA-SLO; this one knows up to ${known}. ` +
      'Run the newer one, or set store.path to another folder.',
  );
}

/** Answers whether it worked. A disk without any room can still be read from: the store tries again later. */
export function enterWal(connection: Connection): boolean {
  try {
    connection.pragma('journal_mode = WAL');
    return true;
  } catch (thrown) {
    if (sqliteCode(thrown) !== 'SQLITE_FULL') throw thrown;
    return false;
  }
}

/** Also takes the write lock once, so that a second process is found out now and not at its first save. */
function migrate(connection: Connection, version: number, migrations: readonly string[]): void {
  inTransaction(connection, () => {
    // Nothing is written where nothing is to be done: that works on a full disk too.
    if (version === migrations.length) return;
    for (const step of migrations.slice(version)) connection.exec(step);
    connection.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}

function explained(file: string, thrown: unknown): unknown {
  if (thrown instanceof HistoryStoreError) return thrown;
  if (sqliteCode(thrown) === 'SQLITE_BUSY') {
    return new HistoryStoreError(
      `the history ${file} is in use by another process; stop it, or set store.path to another folder`,
      thrown,
    );
  }
  const hint = sqliteCode(thrown) === 'SQLITE_FULL' ? '; make room, or set store.path to another folder' : '';
  return new HistoryStoreError(`cannot use the history ${file}: ${messageOf(thrown)}${hint}`, thrown);
}

/** Named after the time of its last write. The write-ahead log goes with it: it belongs to that file alone. */
function moveAside(folder: string, file: string): string {
  const time = statSync(file)
    .mtime.toISOString()
    .replaceAll(/[-:]|\.\d+/g, '');
  const aside = freeName(join(folder, `history.corrupt-${time}`));
  for (const suffix of ['', '-wal', '-shm', '-journal']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
  }
  return aside;
}

function freeName(base: string): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? `${base}.db` : `${base}-${number}.db`;
    if (!existsSync(name)) return name;
  }
}
