/** The history on disk: docs/history.md. */
import type { ChangeRecord } from '../models/changes.ts';
import type { Decision } from '../models/decisions.ts';
import { messageOf } from '../models/errors.ts';
import type {
  ChangeQuery,
  DecisionQuery,
  HistoryStore,
  SeriesStepRow,
  SettledHistory,
  StoredCapacity,
} from '../models/history.ts';
import type { SeriesWindowRow, UsageSample } from '../models/metrics.ts';
import type { Logger, NamedState } from '../models/ports.ts';
import { toCapacity } from './capacity-table.ts';
import { toChange } from './change-table.ts';
import { type Connection, disconnect, inTransaction, rowsOf, scalar } from './connection.ts';
import { isDamage } from './damage.ts';
import { toDecision } from './decision-table.ts';
import { Home } from './home.ts';
import { bytes, bytesAt, number, numberAt, numberOrNaNAt, text, textAt, UnreadableRow } from './rows.ts';
import { type Tables, tablesOf } from './tables.ts';

export interface HistoryStoreOptions {
  /** Told when a damaged file is moved aside, and of rows that cannot be read. */
  readonly logger?: Logger;
}

/**
 * Opens the history in a folder, which is made when it is not there. Throws a HistoryStoreError that names the path
 * when the folder cannot be used, when another process has it open, or when a newer version has written it.
 */
export function openHistoryStore(path: string, { logger }: HistoryStoreOptions = {}): SqliteHistoryStore {
  const home = new Home(path, logger);
  return new SqliteHistoryStore(home.open(), home, logger);
}

/**
 * Each call is one transaction. What it has saved survives the death of the process once it returns. Rows that cannot
 * be read are left out and told in the log; the rest is answered.
 */
export class SqliteHistoryStore implements HistoryStore {
  readonly #home: Home | undefined;
  readonly #logger: Logger | undefined;
  #connection: Connection;
  #tables: Tables;
  /** Tables of which it was told that rows cannot be read. */
  readonly #told = new Set<string>();
  /** What SQLite said of the file when it came upon damage. */
  #damage: string | undefined;

  /** Takes over an open connection; `openHistoryStore` makes one. */
  constructor(connection: Connection, home?: Home, logger?: Logger) {
    this.#home = home;
    this.#logger = logger;
    this.#connection = connection;
    this.#tables = tablesOf(connection);
  }

  settle(): SettledHistory {
    if (this.#home === undefined) return 'as-it-was';
    if (this.#damage !== undefined) return this.#startAnew(this.#home, this.#damage);
    const settled = this.#home.settle(this.#connection);
    if (settled !== this.#connection) this.#use(settled);
    return 'as-it-was';
  }

  saveWindows(rows: readonly SeriesWindowRow[]): void {
    const values = rows.map((row) => [row.startSeconds, row.service, row.chain, row.payload]);
    this.#write(() => this.#tables.writeWindows(values));
  }

  /** Ordered by start, service, chain; read as it is asked for. */
  loadWindows(sinceSeconds: number): Iterable<SeriesWindowRow> {
    const columns = `${number('start')}, ${text('service')}, ${text('chain')}, ${bytes('payload')}`;
    const sql = `SELECT ${columns} FROM windows WHERE start >= ? ORDER BY start, service, chain`;
    return this.#read('windows', rowsOf(this.#connection, sql, [sinceSeconds]), (row) => ({
      startSeconds: numberAt(row, 0),
      service: textAt(row, 1),
      chain: textAt(row, 2),
      payload: bytesAt(row, 3),
    }));
  }

  saveSteps(rows: readonly SeriesStepRow[]): void {
    const values = rows.map((row) => [row.startSeconds, row.chain, row.rate, row.latency, row.errorRatio]);
    this.#write(() => this.#tables.writeSteps(values));
  }

  loadSteps(sinceSeconds: number): Iterable<SeriesStepRow> {
    const columns = [text('chain'), ...['start', 'rate', 'latency', 'error_ratio'].map(number)].join(', ');
    const sql = `SELECT ${columns} FROM steps WHERE start >= ? ORDER BY chain, start`;
    return this.#read('steps', rowsOf(this.#connection, sql, [sinceSeconds]), (row) => ({
      chain: textAt(row, 0),
      startSeconds: numberAt(row, 1),
      rate: numberOrNaNAt(row, 2),
      latency: numberOrNaNAt(row, 3),
      errorRatio: numberOrNaNAt(row, 4),
    }));
  }

  saveDecision(decision: Decision): void {
    this.#write(() => this.#tables.decisions.save(decision));
  }

  /** Empty when `before` is no stored decision. */
  loadDecisions(query: DecisionQuery): readonly Decision[] {
    return [...this.#read('decisions', this.#tables.decisions.load(query), toDecision)];
  }

  saveCapacity(capacity: StoredCapacity): void {
    this.#write(() => this.#tables.capacities.save(capacity));
  }

  loadCapacities(sinceSeconds: number): readonly StoredCapacity[] {
    return [...this.#read('capacities', this.#tables.capacities.load(sinceSeconds), toCapacity)];
  }

  saveChange(change: ChangeRecord): void {
    this.#write(() => this.#tables.changes.save(change));
  }

  loadChanges(query: ChangeQuery): readonly ChangeRecord[] {
    return [...this.#read('changes', this.#tables.changes.load(query), toChange)];
  }

  saveUsage(samples: readonly UsageSample[]): void {
    const values = samples.map(({ atSeconds, service, cpu, memory, throttledRatio }) => [
      atSeconds,
      service,
      cpu ?? null,
      memory ?? null,
      throttledRatio ?? null,
    ]);
    this.#write(() => this.#tables.writeUsage(values));
  }

  /** Ordered by time, then service. */
  loadUsage(sinceSeconds: number): Iterable<UsageSample> {
    const columns = `${number('at')}, ${text('service')}, ${number('cpu')}, ${number('memory')}, ${number('throttled')}`;
    const sql = `SELECT ${columns} FROM usage WHERE at >= ? ORDER BY at, service`;
    return this.#read('usage', rowsOf(this.#connection, sql, [sinceSeconds]), toUsage);
  }

  saveState(name: string, value: Uint8Array): void {
    this.saveStates([{ name, value }]);
  }

  saveStates(states: readonly NamedState[]): void {
    const insert = this.#connection.prepare('INSERT OR REPLACE INTO states (name, value) VALUES (?, ?)');
    this.#write(() => {
      for (const { name, value } of states) insert.run([name, value]);
    });
  }

  loadState(name: string): Uint8Array | undefined {
    const rows = rowsOf(this.#connection, `SELECT ${bytes('value')} FROM states WHERE name = ?`, [name]);
    return [...this.#read('states', rows, (row) => bytesAt(row, 0))][0];
  }

  loadStates(prefix: string): Iterable<NamedState> {
    const columns = `${text('name')}, ${bytes('value')}`;
    const sql = `SELECT ${columns} FROM states WHERE substr(name, 1, ?) = ? ORDER BY name`;
    return this.#read('states', rowsOf(this.#connection, sql, [prefix.length, prefix]), (row) => ({
      name: textAt(row, 0),
      value: bytesAt(row, 1),
    }));
  }

  /** Never takes a state, the newest decision, or the capacity that a service has been told last. */
  prune(windowsBeforeSeconds: number, historyBeforeSeconds: number): void {
    this.#write(() => {
      this.#connection.prepare('DELETE FROM windows WHERE start < ?').run([windowsBeforeSeconds]);
      this.#connection.prepare('DELETE FROM steps WHERE start < ?').run([historyBeforeSeconds]);
      this.#connection.prepare('DELETE FROM usage WHERE at < ?').run([historyBeforeSeconds]);
      this.#tables.decisions.prune(historyBeforeSeconds);
      this.#tables.capacities.prune(historyBeforeSeconds);
      this.#tables.changes.prune(historyBeforeSeconds);
    });
  }

  /** Size of the history in the database file, bytes; space that pruning has freed counts until it is reused. */
  sizeBytes(): number {
    return (
      Number(scalar(this.#connection, 'PRAGMA page_count')) *
      Number(scalar(this.#connection, 'PRAGMA page_size'))
    );
  }

  /** A second call does nothing. */
  close(): void {
    if (this.#connection.open) disconnect(this.#connection);
  }

  #write(run: () => void): void {
    try {
      inTransaction(this.#connection, run);
    } catch (thrown) {
      this.#noteDamage(thrown);
      throw thrown;
    }
  }

  *#read<Row>(table: string, rows: Iterable<unknown>, parse: (row: unknown) => Row): Iterable<Row> {
    let unreadable = 0;
    try {
      for (const row of rows) {
        const parsed = parsedOrUndefined(row, parse);
        if (parsed === undefined) unreadable += 1;
        else yield parsed;
      }
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
      this.#noteDamage(thrown);
      this.#logger?.error(
        { table, error: messageOf(thrown) },
        'the history is damaged: the rest of it is left out',
      );
    }
    if (unreadable > 0) this.#tellUnreadable(table, unreadable);
  }

  /** Once for each table: a page that is watched reads the same rows again and again. */
  #tellUnreadable(table: string, rows: number): void {
    if (this.#told.has(table)) return;
    this.#told.add(table);
    this.#logger?.error({ table, rows }, 'rows of the history cannot be read: left out');
  }

  #noteDamage(thrown: unknown): void {
    if (isDamage(thrown)) this.#damage = messageOf(thrown);
  }

  #startAnew(home: Home, damage: string): SettledHistory {
    const damaged = this.#connection;
    this.#use(home.openAnew(damage));
    this.#damage = undefined;
    damaged.close();
    return 'started-anew';
  }

  #use(connection: Connection): void {
    this.#connection = connection;
    this.#tables = tablesOf(connection);
  }
}

function parsedOrUndefined<Row>(row: unknown, parse: (row: unknown) => Row): Row | undefined {
  try {
    return parse(row);
  } catch (thrown) {
    if (thrown instanceof UnreadableRow) return undefined;
    throw thrown;
  }
}

function toUsage(row: unknown): UsageSample {
  const cpu = numberOrNaNAt(row, 2);
  const memory = numberOrNaNAt(row, 3);
  const throttledRatio = numberOrNaNAt(row, 4);
  return {
    atSeconds: numberAt(row, 0),
    service: textAt(row, 1),
    ...(Number.isNaN(cpu) ? {} : { cpu }),
    ...(Number.isNaN(memory) ? {} : { memory }),
    ...(Number.isNaN(throttledRatio) ? {} : { throttledRatio }),
  };
}
