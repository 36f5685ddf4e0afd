import type { ChangeRecord } from '../models/changes.ts';
import type { Decision } from '../models/decisions.ts';
import { messageOf } from '../models/errors.ts';
import type {
  ChangeQuery,
  DecisionQuery,
  HistoryJournal,
  HistoryStatus,
  HistoryStore,
  SeriesStepRow,
  StoredCapacity,
} from '../models/history.ts';
import type { SeriesWindowRow, UsageSample } from '../models/metrics.ts';
import type { Logger, NamedState } from '../models/ports.ts';
import type { Backlog } from './backlog.ts';
import { backlogsOf } from './backlogs.ts';
import { LatestChanges } from './latest-changes.ts';

/**
 * The history, with writes that never throw: no fault of the disk may stop the deciding (DESIGN section 4). The first
 * write that fails is told in the log; from then on everything waits in memory, bounded and the newest version of each
 * row alone, until `retry` gets it written. Reads throw as those of the store do.
 */
export class Journal implements HistoryJournal {
  readonly #store: HistoryStore;
  readonly #logger: Logger;
  readonly #backlogs: ReturnType<typeof backlogsOf>;
  #failure: string | undefined;
  #dropped = 0;
  /**
   * What a restart cannot do without, should the file be damaged: the last decision, what each service runs with, what
   * was changed, and the states that are named as such.
   */
  #latest: Decision | undefined;
  readonly #capacities = new Map<string, StoredCapacity>();
  readonly #changes = new LatestChanges();
  readonly #states = new Map<string, NamedState>();
  readonly #keptStates: ReadonlySet<string>;

  /** `keptStates` are names of small states; the others are lost with a damaged file. */
  constructor(store: HistoryStore, logger: Logger, keptStates: readonly string[] = []) {
    this.#store = store;
    this.#logger = logger;
    this.#backlogs = backlogsOf(store);
    this.#keptStates = new Set(keptStates);
  }

  get failing(): boolean {
    return this.#failure !== undefined;
  }

  get status(): HistoryStatus {
    return { failure: this.#failure, waiting: this.#waiting, dropped: this.#dropped };
  }

  /** Mends what can be mended, and writes what waits. */
  retry(): void {
    try {
      if (this.#store.settle() === 'started-anew') this.#writeAgain();
      for (const backlog of Object.values(this.#backlogs)) backlog.writeAll();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (!this.failing) return;
    this.#failure = undefined;
    this.#logger.info({ dropped: this.#dropped }, 'history can be written again');
  }

  saveWindows(rows: readonly SeriesWindowRow[]): void {
    this.#save(this.#backlogs.windows, rows);
  }

  saveSteps(rows: readonly SeriesStepRow[]): void {
    this.#save(this.#backlogs.steps, rows);
  }

  saveDecision(decision: Decision): void {
    this.#latest = decision;
    this.#save(this.#backlogs.decisions, [decision]);
  }

  saveCapacity(capacity: StoredCapacity): void {
    this.#capacities.set(capacity.service, capacity);
    this.#save(this.#backlogs.capacities, [capacity]);
  }

  saveChange(change: ChangeRecord): void {
    this.#changes.save(change);
    this.#save(this.#backlogs.changes, [change]);
  }

  saveUsage(samples: readonly UsageSample[]): void {
    this.#save(this.#backlogs.usage, samples);
  }

  saveState(name: string, value: Uint8Array): void {
    this.saveStates([{ name, value }]);
  }

  saveStates(states: readonly NamedState[]): void {
    for (const state of states) if (this.#keptStates.has(state.name)) this.#states.set(state.name, state);
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
    const decisions = this.#store.loadDecisions(query);
    // The newest of all, which a query from the newest on answers first.
    if (query.before === undefined && query.service === undefined) this.#latest ??= decisions[0];
    return decisions;
  }

  loadCapacities(sinceSeconds: number): Iterable<StoredCapacity> {
    const capacities = [...this.#store.loadCapacities(sinceSeconds)];
    for (const capacity of capacities) this.#capacities.set(capacity.service, capacity);
    return capacities;
  }

  loadChanges(query: ChangeQuery): readonly ChangeRecord[] {
    const changes = this.#store.loadChanges(query);
    if (query.service === undefined && query.statuses === undefined) this.#changes.recall(changes);
    return changes;
  }

  loadUsage(sinceSeconds: number): Iterable<UsageSample> {
    return this.#store.loadUsage(sinceSeconds);
  }

  loadState(name: string): Uint8Array | undefined {
    const value = this.#store.loadState(name);
    if (value !== undefined && this.#keptStates.has(name) && !this.#states.has(name))
      this.#states.set(name, { name, value });
    return value;
  }

  loadStates(prefix: string): Iterable<NamedState> {
    return this.#store.loadStates(prefix);
  }

  /** Tries once more; what cannot be written even now is lost, and told. */
  close(): void {
    this.retry();
    const lost = this.#waiting;
    if (lost > 0) this.#logger.error({ lost }, 'the newest history could not be written and is lost');
    try {
      this.#store.close();
    } catch (error) {
      this.#logger.error({ error: messageOf(error) }, 'the history was not closed cleanly');
    }
  }

  #save<Row>(backlog: Backlog<Row>, rows: readonly Row[]): void {
    if (rows.length === 0 || (!this.failing && this.#isWritten(backlog, rows))) return;
    this.#dropped += backlog.add(rows);
  }

  #isWritten<Row>(backlog: Backlog<Row>, rows: readonly Row[]): boolean {
    try {
      backlog.write(rows);
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  get #waiting(): number {
    return Object.values(this.#backlogs).reduce((sum, { size }) => sum + size, 0);
  }

  /** Said once, and again only when it is another failure. */
  #fail(error: unknown): void {
    const failure = messageOf(error);
    if (failure !== this.#failure)
      this.#logger.error({ error: failure }, 'history cannot be written; it waits in memory');
    this.#failure = failure;
  }

  #writeAgain(): void {
    const { decisions, capacities, changes, states } = this.#backlogs;
    if (this.#latest !== undefined) this.#dropped += decisions.addBefore([this.#latest]);
    this.#dropped += capacities.addBefore([...this.#capacities.values()]);
    this.#dropped += changes.addBefore(this.#changes.all());
    this.#dropped += states.addBefore([...this.#states.values()]);
  }
}
