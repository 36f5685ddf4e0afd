import type { ChangeOutcome, ChangeRecord } from '../../models/changes.ts';
import type { HistoryJournal } from '../../models/history.ts';
import { retryWaitSeconds } from './retry-wait.ts';

/** Changes taken back after a restart. */
const TAKEN_BACK = 20_000;
/** Changes of one service that are looked through for one to undo. */
const LOOKED_THROUGH = 200;

/** What the ids of undoing changes begin with. */
export const UNDO = 'undo-';

type Outcome = ChangeOutcome['kind'];

/** A change that did not come up, and what comes of it. */
export interface Setback {
  readonly change: ChangeRecord;
  /** Until when it is not tried again, Unix s. */
  readonly untilSeconds: number;
}

/** What became of every change; in the history before it is here. */
export class ChangeLog {
  readonly #store: Pick<HistoryJournal, 'saveChange' | 'loadChanges' | 'failing'>;
  readonly #latest = new Map<string, ChangeRecord>();
  readonly #failures = new Map<string, number>();
  readonly #counts: Record<Outcome, number> = { applied: 0, restored: 0, failed: 0, refused: 0, held: 0 };

  constructor(store: Pick<HistoryJournal, 'saveChange' | 'loadChanges' | 'failing'>) {
    this.#store = store;
  }

  restore(): void {
    for (const change of this.#store.loadChanges({ limit: TAKEN_BACK }).toReversed()) this.#remember(change);
  }

  /** Answers whether it is on disk: what could not be undone must not be begun. */
  begin(change: ChangeRecord): boolean {
    this.#store.saveChange(change);
    this.#remember(change);
    return !this.#store.failing;
  }

  end(change: ChangeRecord, outcome: Outcome): void {
    this.#counts[outcome] += 1;
    if (!this.#isRepeated(change)) this.#store.saveChange(change);
    this.#remember(change);
  }

  /** Changes since the start by what became of them. */
  get counts(): Readonly<Record<Outcome, number>> {
    return this.#counts;
  }

  latest(): ReadonlyMap<string, ChangeRecord> {
    return this.#latest;
  }

  /** Changes that were begun and have not ended. */
  underWay(): readonly ChangeRecord[] {
    return [...this.#latest.values()].filter(({ status }) => status === 'writing');
  }

  /** The latest change of a service, if it did not come up and is not to be tried again yet. */
  setback(service: string, nowSeconds: number): Setback | undefined {
    const change = this.#latest.get(service);
    if (change === undefined || !isFailure(change)) return undefined;
    const ended = change.finishedSeconds ?? change.atSeconds;
    const untilSeconds = ended + retryWaitSeconds(this.#failures.get(service) ?? 1);
    return nowSeconds >= ended && nowSeconds < untilSeconds ? { change, untilSeconds } : undefined;
  }

  /** The latest change that was applied to a service and has not been undone; undefined when there is none. */
  undoable(service: string): ChangeRecord | undefined {
    const applied = this.#store
      .loadChanges({ service, limit: LOOKED_THROUGH })
      .filter(({ status }) => status === 'applied');
    const undone = new Set(
      applied.flatMap(({ decision }) => (decision.startsWith(UNDO) ? [decision.slice(UNDO.length)] : [])),
    );
    return applied.find(({ decision }) => !decision.startsWith(UNDO) && !undone.has(decision));
  }

  /** The same refusal in every pass is one entry of the history. */
  #isRepeated({ service, status, detail }: ChangeRecord): boolean {
    const before = this.#latest.get(service);
    return (
      (status === 'refused' || status === 'held') && before?.status === status && before.detail === detail
    );
  }

  #remember(change: ChangeRecord): void {
    const { service, status } = change;
    if (isFailure(change)) this.#failures.set(service, (this.#failures.get(service) ?? 0) + 1);
    if (status === 'applied') this.#failures.delete(service);
    this.#latest.set(service, change);
  }
}

function isFailure({ status }: ChangeRecord): boolean {
  return status === 'restored' || status === 'failed';
}
