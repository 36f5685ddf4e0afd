/** What survives a restart, and where it is kept. */
import type { ChangeRecord, ChangeStatus } from './changes.ts';
import type { CapacityInForce } from './data-models.ts';
import type { Decision } from './decisions.ts';
import type { SeriesWindowRow, UsageSample } from './metrics.ts';
import type { NamedState } from './ports.ts';

/** One step of a chain's history on disk. */
export interface SeriesStepRow {
  readonly chain: string;
  readonly startSeconds: number;
  readonly rate: number;
  /** NaN where unknown. */
  readonly latency: number;
  readonly errorRatio: number;
}

export interface StoredCapacity extends CapacityInForce {
  readonly service: string;
}

export interface DecisionQuery {
  readonly limit: number;
  /** Only decisions older than the one with this id. */
  readonly before?: string;
  /** Only decisions in which this service was changed. */
  readonly service?: string;
}

export interface ChangeQuery {
  readonly limit: number;
  readonly service?: string;
  /** Only changes that stand so. */
  readonly statuses?: readonly ChangeStatus[];
}

/** History that survives a restart. Every call is synchronous and durable when it returns (WAL). */
export interface HistoryStore {
  saveWindows(rows: readonly SeriesWindowRow[]): void;
  loadWindows(sinceSeconds: number): Iterable<SeriesWindowRow>;
  saveSteps(rows: readonly SeriesStepRow[]): void;
  /** Ordered by chain, then start. */
  loadSteps(sinceSeconds: number): Iterable<SeriesStepRow>;
  saveDecision(decision: Decision): void;
  /** Newest first. */
  loadDecisions(query: DecisionQuery): readonly Decision[];
  saveCapacity(capacity: StoredCapacity): void;
  /** All that were told since then and the last one before, by service, in the order in which they were saved. */
  loadCapacities(sinceSeconds: number): Iterable<StoredCapacity>;
  /** Replaces the one of the same decision and service; one that begins again is the newest. */
  saveChange(change: ChangeRecord): void;
  /** Newest first. */
  loadChanges(query: ChangeQuery): readonly ChangeRecord[];
  saveUsage(samples: readonly UsageSample[]): void;
  loadUsage(sinceSeconds: number): Iterable<UsageSample>;
  /** Small named states: profiles, the trained network. */
  saveState(name: string, value: Uint8Array): void;
  /** All of them or none. */
  saveStates(states: readonly NamedState[]): void;
  loadState(name: string): Uint8Array | undefined;
  /** Those whose names start so, by name. */
  loadStates(prefix: string): Iterable<NamedState>;
  /** Deletes what is older: windows before the first time, everything else before the second. */
  prune(windowsBeforeSeconds: number, historyBeforeSeconds: number): void;
  /**
   * Mends what has happened to the place of the history (deleted, damaged) since the last call, so that what is written
   * arrives where a restart looks for it. Throws when that cannot be done at present.
   */
  settle(): SettledHistory;
  close(): void;
}

/** Whether what was saved before is still there, or was found damaged and an empty history has taken its place. */
export type SettledHistory = 'as-it-was' | 'started-anew';

/** How the writing of the history goes. */
export interface HistoryStatus {
  /** Why nothing can be written at present; undefined when it can. */
  readonly failure: string | undefined;
  /** Rows that wait in memory to be written. */
  readonly waiting: number;
  /** Rows that waited and had to make room for newer ones, since the start. */
  readonly dropped: number;
}

/** A history whose writes never throw: what cannot be written waits in memory. */
export interface HistoryJournal extends Omit<HistoryStore, 'settle'> {
  /** Whether writes fail at present. */
  readonly failing: boolean;
  readonly status: HistoryStatus;
  /** Mends what can be mended, and writes what waits. */
  retry(): void;
}
