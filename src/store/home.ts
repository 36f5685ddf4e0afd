/** The place of the history: docs/history.md, "What survives what". */
import { accessSync, constants, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../models/ports.ts';
import { type Connection, isInWal } from './connection.ts';
import { DATABASE_FILE, enterWal, openDatabase, startAnew } from './open-database.ts';
import { HistoryStoreError } from './store-error.ts';

/** A file is known by these, whatever its name. */
interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** Opens the database in a folder, and keeps what is written arriving where a restart looks for it. */
export class Home {
  readonly #folder: string;
  readonly #file: string;
  readonly #logger: Logger | undefined;
  #database: FileIdentity | undefined;
  #log: FileIdentity | undefined;

  constructor(folder: string, logger: Logger | undefined) {
    this.#folder = folder;
    this.#file = join(folder, DATABASE_FILE);
    this.#logger = logger;
  }

  /** Throws a HistoryStoreError as `openDatabase` does. */
  open(): Connection {
    return this.#opened(openDatabase(this.#folder, this.#logger));
  }

  /** Moves the damaged file aside and opens an empty one. Throws as above. */
  openAnew(damage: string): Connection {
    return this.#opened(startAnew(this.#folder, this.#logger, damage));
  }

  /**
   * Answers a connection whose writes reach the folder: the given one, or one that has taken its place with all that
   * was in it. Throws when there can be none at present; the given one is still as good as it was.
   */
  settle(connection: Connection): Connection {
    const present = identityOf(this.#file);
    if (present === undefined) return this.#rescued(connection);
    if (this.#database !== undefined && !isSame(present, this.#database)) throw this.#replaced();
    // Says what SQLite would call an I/O error. Never by opening the file: closing it again would drop SQLite's lock.
    accessSync(this.#file, constants.W_OK);
    this.#settleLog(connection);
    return connection;
  }

  #opened(connection: Connection): Connection {
    this.#database = identityOf(this.#file);
    this.#log = undefined;
    return connection;
  }

  /** The file was deleted, or its folder. What is open still has all of it, and is written there once more. */
  #rescued(connection: Connection): Connection {
    const copy = `${this.#file}.rescued`;
    mkdirSync(this.#folder, { recursive: true });
    rmSync(copy, { force: true });
    connection.prepare('VACUUM INTO ?').run([copy]);
    rmSync(`${this.#file}-wal`, { force: true });
    renameSync(copy, this.#file);
    const rescued = this.open();
    connection.close();
    this.#logger?.error({ file: this.#file }, 'the history was deleted while running: written there again');
    return rescued;
  }

  #replaced(): HistoryStoreError {
    return new HistoryStoreError(
      `another file has taken the place of ${this.#file} while running: restart to use that one, or move it away`,
    );
  }

  /** Without its write-ahead log on the disk the latest transactions are lost at the end of the process. */
  #settleLog(connection: Connection): void {
    const present = identityOf(`${this.#file}-wal`);
    if (this.#log !== undefined && (present === undefined || !isSame(present, this.#log))) {
      // Leaving the mode writes all that the log has into the database.
      connection.pragma('journal_mode = DELETE');
      this.#logger?.error(
        { file: `${this.#file}-wal` },
        'the write-ahead log was deleted while running: made anew',
      );
    }
    if (!isInWal(connection) && !enterWal(connection)) throw new HistoryStoreError('the disk is full');
    this.#log = identityOf(`${this.#file}-wal`);
  }
}

function identityOf(file: string): FileIdentity | undefined {
  return statSync(file, { throwIfNoEntry: false });
}

function isSame(left: FileIdentity, right: FileIdentity): boolean {
  return left.dev === right.dev && left.ino === right.ino;
}
