import type { ChangeOutcome, ChangeRecord } from '../../models/changes.ts';
import type { HistoryJournal } from '../../models/history.ts';
import { retryWaitSeconds } from './retry-wait.ts';

/** Changes taken back after a restart. */
const TAKEN_BACK = 20_000;
/** Changes of one service that were made, and are looked through for one to undo. */
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
  /** Of each service the latest change that did not come up, and how many in a row; gone when one has come up. */
  readonly #setbacks = new Map<string, { readonly change: ChangeRecord; readonly failures: number }>();
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

  /** The latest change of a service that did not come up, if nothing has since and it is not to be tried again yet. */
  setback(service: string, nowSeconds: number): Setback | undefined {
    const { change, failures } = this.#setbacks.get(service) ?? {};
    if (change === undefined || failures === undefined) return undefined;
    const ended = change.finishedSeconds ?? change.atSeconds;
    const untilSeconds = ended + retryWaitSeconds(failures);
    return nowSeconds >= ended && nowSeconds < untilSeconds ? { change, untilSeconds } : undefined;
  }

  /**
   * The latest change of a service that was made and has not been undone; undefined when there is none. One that failed
   * was made too, as far as it came.
   */
  undoable(service: string): ChangeRecord | undefined {
    const made = this.#store
      .loadChanges({ service, statuses: ['applied', 'failed'], limit: LOOKED_THROUGH })
      .filter(({ status, before }) => status === 'applied' || (status === 'failed' && before !== undefined));
    const undone = new Set(
      made.flatMap(({ decision, status }) =>
        isUndo(decision) && status === 'applied' ? [decision.slice(UNDO.length)] : [],
      ),
    );
    return made.find(({ decision }) => !isUndo(decision) && !undone.has(decision));
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
    if (isFailure(change)) {
      const failures = (this.#setbacks.get(service)?.failures ?? 0) + 1;
      this.#setbacks.set(service, { change, failures });
    }
    if (status === 'applied') this.#setbacks.delete(service);
    if (!this.#isBeside(change)) this.#latest.set(service, change);
  }

  /** What is not made while another change is under way hides nothing of that one: a restart has to go on with it. */
  #isBeside({ service, decision, status }: ChangeRecord): boolean {
    const before = this.#latest.get(service);
    const isUnderWay = before?.status === 'writing' && before.decision !== decision;
    return isUnderWay && (status === 'refused' || status === 'held');
  }
}

/** Whether the id is that of an undoing change. */
export function isUndo(decision: string): boolean {
  return decision.startsWith(UNDO);
}

function isFailure({ status }: ChangeRecord): boolean {
  return status === 'restored' || status === 'failed';
}
