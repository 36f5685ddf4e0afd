/** The history on disk: docs/history.md. */
import type { ChangeRecord } from '../models/changes.ts';
import type { Decision } from '../models/decisions.ts';
import type {
  ChangeQuery,
  DecisionQuery,
  HistoryStore,
  SeriesStepRow,
  StoredCapacity,
} from '../models/history.ts';
import type { SeriesWindowRow, UsageSample } from '../models/metrics.ts';
import type { Logger, NamedState } from '../models/ports.ts';
import { bulkWriter } from './bulk-writer.ts';
import { capacityTable } from './capacity-table.ts';
import { changeTable } from './change-table.ts';
import { type Connection, disconnect, inTransaction, rowsOf, scalar } from './connection.ts';
import { decisionTable } from './decision-table.ts';
import { openDatabase } from './open-database.ts';
import { bytesAt, numberAt, numberOrNaNAt, textAt } from './rows.ts';

export interface HistoryStoreOptions {
  /** Told when a damaged file is moved aside. */
  readonly logger?: Logger;
}

/**
 * Opens the history in a folder, which is made when it is not there. Throws a HistoryStoreError that names the path
 * when the folder cannot be used, when another process has it open, or when a newer version has written it.
 */
export function openHistoryStore(path: string, { logger }: HistoryStoreOptions = {}): SqliteHistoryStore {
  return new SqliteHistoryStore(openDatabase(path, logger));
}

/** Each call is one transaction. What it has saved survives the death of the process once it returns. */
export class SqliteHistoryStore implements HistoryStore {
  readonly #connection: Connection;
  readonly #decisions: ReturnType<typeof decisionTable>;
  readonly #capacities: ReturnType<typeof capacityTable>;
  readonly #changes: ReturnType<typeof changeTable>;
  readonly #writeWindows: ReturnType<typeof bulkWriter>;
  readonly #writeSteps: ReturnType<typeof bulkWriter>;
  readonly #writeUsage: ReturnType<typeof bulkWriter>;

  /** Takes over an open connection; `openHistoryStore` makes one. */
  constructor(connection: Connection) {
    this.#connection = connection;
    this.#decisions = decisionTable(connection);
    this.#capacities = capacityTable(connection);
    this.#changes = changeTable(connection);
    this.#writeWindows = bulkWriter(connection, 'windows', ['start', 'service', 'chain', 'payload']);
    this.#writeSteps = bulkWriter(connection, 'steps', ['start', 'chain', 'rate', 'latency', 'error_ratio']);
    this.#writeUsage = bulkWriter(connection, 'usage', ['at', 'service', 'cpu', 'memory']);
  }

  saveWindows(rows: readonly SeriesWindowRow[]): void {
    const values = rows.map((row) => [row.startSeconds, row.service, row.chain, row.payload]);
    inTransaction(this.#connection, () => this.#writeWindows(values));
  }

  /** Ordered by start, service, chain; read as it is asked for. */
  *loadWindows(sinceSeconds: number): Iterable<SeriesWindowRow> {
    const sql = 'SELECT start, service, chain, payload FROM windows WHERE start >= ? ORDER BY 1, 2, 3';
    for (const row of rowsOf(this.#connection, sql, [sinceSeconds])) {
      yield {
        startSeconds: numberAt(row, 0),
        service: textAt(row, 1),
        chain: textAt(row, 2),
        payload: bytesAt(row, 3),
      };
    }
  }

  saveSteps(rows: readonly SeriesStepRow[]): void {
    const values = rows.map((row) => [row.startSeconds, row.chain, row.rate, row.latency, row.errorRatio]);
    inTransaction(this.#connection, () => this.#writeSteps(values));
  }

  *loadSteps(sinceSeconds: number): Iterable<SeriesStepRow> {
    const sql = 'SELECT chain, start, rate, latency, error_ratio FROM steps WHERE start >= ? ORDER BY 1, 2';
    for (const row of rowsOf(this.#connection, sql, [sinceSeconds])) {
      yield {
        chain: textAt(row, 0),
        startSeconds: numberAt(row, 1),
        rate: numberOrNaNAt(row, 2),
        latency: numberOrNaNAt(row, 3),
        errorRatio: numberOrNaNAt(row, 4),
      };
    }
  }

  saveDecision(decision: Decision): void {
    this.#decisions.save(decision);
  }

  /** Empty when `before` is no stored decision. */
  loadDecisions(query: DecisionQuery): readonly Decision[] {
    return this.#decisions.load(query);
  }

  saveCapacity(capacity: StoredCapacity): void {
    this.#capacities.save(capacity);
  }

  loadCapacities(sinceSeconds: number): readonly StoredCapacity[] {
    return this.#capacities.load(sinceSeconds);
  }

  saveChange(change: ChangeRecord): void {
    this.#changes.save(change);
  }

  loadChanges(query: ChangeQuery): readonly ChangeRecord[] {
    return this.#changes.load(query);
  }

  saveUsage(samples: readonly UsageSample[]): void {
    const values = samples.map(({ atSeconds, service, cpu, memory }) => [
      atSeconds,
      service,
      cpu ?? null,
      memory ?? null,
    ]);
    inTransaction(this.#connection, () => this.#writeUsage(values));
  }

  /** Ordered by time, then service. */
  *loadUsage(sinceSeconds: number): Iterable<UsageSample> {
    const sql = 'SELECT at, service, cpu, memory FROM usage WHERE at >= ? ORDER BY 1, 2';
    for (const row of rowsOf(this.#connection, sql, [sinceSeconds])) {
      const cpu = numberOrNaNAt(row, 2);
      const memory = numberOrNaNAt(row, 3);
      yield {
        atSeconds: numberAt(row, 0),
        service: textAt(row, 1),
        ...(Number.isNaN(cpu) ? {} : { cpu }),
        ...(Number.isNaN(memory) ? {} : { memory }),
      };
    }
  }

  saveState(name: string, value: Uint8Array): void {
    this.saveStates([{ name, value }]);
  }

  saveStates(states: readonly NamedState[]): void {
    const insert = this.#connection.prepare('INSERT OR REPLACE INTO states (name, value) VALUES (?, ?)');
    inTransaction(this.#connection, () => {
      for (const { name, value } of states) insert.run([name, value]);
    });
  }

  loadState(name: string): Uint8Array | undefined {
    const row = this.#connection.prepare('SELECT value FROM states WHERE name = ?').raw().get([name]);
    return row === undefined ? undefined : bytesAt(row, 0);
  }

  *loadStates(prefix: string): Iterable<NamedState> {
    const sql = 'SELECT name, value FROM states WHERE substr(name, 1, ?) = ? ORDER BY 1';
    for (const row of rowsOf(this.#connection, sql, [prefix.length, prefix])) {
      yield { name: textAt(row, 0), value: bytesAt(row, 1) };
    }
  }

  /** Never takes a state, the newest decision, or the capacity that a service has been told last. */
  prune(windowsBeforeSeconds: number, historyBeforeSeconds: number): void {
    inTransaction(this.#connection, () => {
      this.#connection.prepare('DELETE FROM windows WHERE start < ?').run([windowsBeforeSeconds]);
      this.#connection.prepare('DELETE FROM steps WHERE start < ?').run([historyBeforeSeconds]);
      this.#connection.prepare('DELETE FROM usage WHERE at < ?').run([historyBeforeSeconds]);
      this.#decisions.prune(historyBeforeSeconds);
      this.#capacities.prune(historyBeforeSeconds);
      this.#changes.prune(historyBeforeSeconds);
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
}
