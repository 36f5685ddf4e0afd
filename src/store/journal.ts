import type { ChangeRecord } from '../models/changes.ts';
import type { Decision } from '../models/decisions.ts';
import { messageOf } from '../models/errors.ts';
import type {
  ChangeQuery,
  DecisionQuery,
  HistoryJournal,
  HistoryStore,
  SeriesStepRow,
  StoredCapacity,
} from '../models/history.ts';
import type { SeriesWindowRow, UsageSample } from '../models/metrics.ts';
import type { Logger, NamedState } from '../models/ports.ts';
import { Backlog } from './backlog.ts';

interface Bounds {
  readonly windowsBeforeSeconds: number;
  readonly historyBeforeSeconds: number;
}

/**
 * The history, with writes that never throw: no fault of the disk may stop the deciding (DESIGN section 4). The first
 * write that fails is told in the log; from then on everything waits in memory, bounded and the newest version of each
 * row alone, until `retry` gets it written. Reads throw as those of the store do.
 */
export class Journal implements HistoryJournal {
  readonly #store: HistoryStore;
  readonly #logger: Logger;
  readonly #backlogs: ReturnType<typeof backlogsOf>;
  #failing = false;
  #dropped = 0;

  constructor(store: HistoryStore, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
    this.#backlogs = backlogsOf(store);
  }

  get failing(): boolean {
    return this.#failing;
  }

  /** Writes what waits. */
  retry(): void {
    if (!this.#failing) return;
    try {
      for (const backlog of Object.values(this.#backlogs)) backlog.writeAll();
      this.#failing = false;
      this.#logger.info({ dropped: this.#dropped }, 'history can be written again');
      this.#dropped = 0;
    } catch {
      // The first failure is in the log; this goes on until the disk takes it.
    }
  }

  saveWindows(rows: readonly SeriesWindowRow[]): void {
    this.#save(this.#backlogs.windows, rows);
  }

  saveSteps(rows: readonly SeriesStepRow[]): void {
    this.#save(this.#backlogs.steps, rows);
  }

  saveDecision(decision: Decision): void {
    this.#save(this.#backlogs.decisions, [decision]);
  }

  saveCapacity(capacity: StoredCapacity): void {
    this.#save(this.#backlogs.capacities, [capacity]);
  }

  saveChange(change: ChangeRecord): void {
    this.#save(this.#backlogs.changes, [change]);
  }

  saveUsage(samples: readonly UsageSample[]): void {
    this.#save(this.#backlogs.usage, samples);
  }

  saveState(name: string, value: Uint8Array): void {
    this.saveStates([{ name, value }]);
  }

  saveStates(states: readonly NamedState[]): void {
    this.#save(this.#backlogs.states, states);
  }

  prune(windowsBeforeSeconds: number, historyBeforeSeconds: number): void {
    this.#save(this.#backlogs.prunings, [{ windowsBeforeSeconds, historyBeforeSeconds }]);
  }

  loadWindows(sinceSeconds: number): Iterable<SeriesWindowRow> {
    return this.#store.loadWindows(sinceSeconds);
  }

  loadSteps(sinceSeconds: number): Iterable<SeriesStepRow> {
    return this.#store.loadSteps(sinceSeconds);
  }

  loadDecisions(query: DecisionQuery): readonly Decision[] {
    return this.#store.loadDecisions(query);
  }

  loadCapacities(sinceSeconds: number): Iterable<StoredCapacity> {
    return this.#store.loadCapacities(sinceSeconds);
  }

  loadChanges(query: ChangeQuery): readonly ChangeRecord[] {
    return this.#store.loadChanges(query);
  }

  loadUsage(sinceSeconds: number): Iterable<UsageSample> {
    return this.#store.loadUsage(sinceSeconds);
  }

  loadState(name: string): Uint8Array | undefined {
    return this.#store.loadState(name);
  }

  loadStates(prefix: string): Iterable<NamedState> {
    return this.#store.loadStates(prefix);
  }

  /** Tries once more; what cannot be written even now is lost, and told. */
  close(): void {
    this.retry();
    const lost = Object.values(this.#backlogs).reduce((sum, { size }) => sum + size, 0);
    if (lost > 0) this.#logger.error({ lost }, 'the newest history could not be written and is lost');
    try {
      this.#store.close();
    } catch (error) {
      this.#logger.error({ error: messageOf(error) }, 'the history was not closed cleanly');
    }
  }

  #save<Row>(backlog: Backlog<Row>, rows: readonly Row[]): void {
    if (rows.length === 0 || (!this.#failing && this.#isWritten(backlog, rows))) return;
    this.#dropped += backlog.add(rows);
  }

  #isWritten<Row>(backlog: Backlog<Row>, rows: readonly Row[]): boolean {
    try {
      backlog.write(rows);
      return true;
    } catch (error) {
      this.#failing = true;
      this.#logger.error({ error: messageOf(error) }, 'history cannot be written; it waits in memory');
      return false;
    }
  }
}

/** In the order in which they are written: what frees room on the disk first, what rests on other rows last. */
function backlogsOf(store: HistoryStore) {
  return {
    prunings: new Backlog<Bounds>({
      keyOf: () => '',
      write: (bounds) => {
        for (const { windowsBeforeSeconds, historyBeforeSeconds } of bounds)
          store.prune(windowsBeforeSeconds, historyBeforeSeconds);
      },
      most: 1,
      atOnce: 1,
    }),
    decisions: new Backlog<Decision>({
      keyOf: ({ id }) => id,
      write: (decisions) => {
        for (const decision of decisions) store.saveDecision(decision);
      },
      most: 100,
      atOnce: 1,
    }),
    capacities: new Backlog<StoredCapacity>({
      keyOf: ({ service, sinceSeconds }) => `${sinceSeconds}\n${service}`,
      write: (capacities) => {
        for (const capacity of capacities) store.saveCapacity(capacity);
      },
      most: 20_000,
      atOnce: 1,
    }),
    changes: new Backlog<ChangeRecord>({
      keyOf: ({ decision, service }) => `${decision}\n${service}`,
      write: (changes) => {
        for (const change of changes) store.saveChange(change);
      },
      most: 20_000,
      atOnce: 1,
    }),
    usage: new Backlog<UsageSample>({
      keyOf: ({ service, atSeconds }) => `${atSeconds}\n${service}`,
      write: (samples) => store.saveUsage(samples),
      most: 200_000,
      atOnce: 5_000,
    }),
    windows: new Backlog<SeriesWindowRow>({
      keyOf: ({ service, chain, startSeconds }) => `${startSeconds}\n${service}\n${chain}`,
      write: (rows) => store.saveWindows(rows),
      most: 200_000,
      atOnce: 5_000,
    }),
    steps: new Backlog<SeriesStepRow>({
      keyOf: ({ chain, startSeconds }) => `${startSeconds}\n${chain}`,
      write: (rows) => store.saveSteps(rows),
      most: 200_000,
      atOnce: 5_000,
    }),
    // All at once: the time up to which profiles have learned is true of all of them together.
    states: new Backlog<NamedState>({
      keyOf: ({ name }) => name,
      write: (states) => store.saveStates(states),
      most: Number.POSITIVE_INFINITY,
      atOnce: Number.POSITIVE_INFINITY,
    }),
  };
}
