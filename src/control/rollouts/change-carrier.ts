import type { Change, ChangeOutcome, ChangeRecord, CheckOutcome, TargetState } from '../../models/changes.ts';
import { messageOf } from '../../models/errors.ts';
import { allocationOf } from '../cluster/allocation-of.ts';
import type { ClusterWatch } from '../cluster/cluster-watch.ts';
import { describeAllocation } from '../draft.ts';
import { isFrozen } from '../guard/freeze.ts';
import { freezeAt } from '../guard/freeze-windows.ts';
import type { ControlParts } from '../parts.ts';
import { sameAllocation } from '../shapes.ts';
import { isUndo } from './change-log.ts';

export type CarrierParts = Pick<
  ControlParts,
  'changes' | 'clock' | 'executor' | 'logger' | 'settings' | 'targets'
>;

/** A change that can be made, and what is there before it. */
export interface Checked {
  readonly change: Change;
  readonly before: TargetState;
}

/** Takes one change through check, history and executor. Everything that ends is in the history and in the log. */
export class ChangeCarrier {
  readonly #parts: CarrierParts;
  readonly #watch: Pick<ClusterWatch, 'look'>;
  readonly #signal: AbortSignal;

  constructor(parts: CarrierParts, watch: Pick<ClusterWatch, 'look'>, signal: AbortSignal) {
    this.#parts = parts;
    this.#watch = watch;
    this.#signal = signal;
  }

  /** Undefined when it cannot be made. */
  async check(change: Change): Promise<Checked | undefined> {
    const outcome = await this.#checked(change);
    if (this.#signal.aborted) return undefined;
    const changed = outcome.kind === 'ready' ? changedMeanwhile(change, outcome.before) : undefined;
    if (outcome.kind === 'ready' && changed === undefined) return { change, before: outcome.before };
    this.#end(change, outcome.kind === 'ready' ? { kind: 'held', reason: changed ?? '' } : outcome);
    return undefined;
  }

  /** One that cannot even be checked is no reason to leave the others. */
  #checked(change: Change): Promise<CheckOutcome> {
    return this.#parts.executor
      .check(change, this.#signal)
      .catch((error: unknown) => ({ kind: 'held', reason: this.#tellFault(change, error) }));
  }

  /** Nothing was written, for a reason of ours. */
  withhold(change: Change, reason: string): ChangeRecord {
    return this.#end(change, { kind: 'held', reason });
  }

  /** In the history first, then in the cluster. Undefined when the daemon stops meanwhile. */
  async write({ change, before }: Checked): Promise<ChangeRecord | undefined> {
    const { changes, executor } = this.#parts;
    const stopped = this.#stoppedBecause(change, before);
    if (stopped !== undefined) return this.#end(change, { kind: 'held', reason: stopped });
    const record = this.#record(change, before);
    if (!changes.begin(record)) {
      const reason = 'The history cannot be written, so that this change could not be undone: it waits.';
      return this.#end(change, { kind: 'held', reason }, record);
    }
    return this.#ended(change, record, executor.carryOut(change, before, this.#signal));
  }

  /** What may have changed since the decision was made. */
  #stoppedBecause({ service, decision, to }: Change, before: TargetState): string | undefined {
    const { control, topology } = this.#parts.settings;
    if (this.#signal.aborted) return 'The daemon is stopping.';
    if (isUndo(decision)) return undefined;
    if (control.paused) return 'Changes were paused before it was its turn.';
    if (topology.services.get(service.id)?.mode !== service.mode)
      return 'Its mode was changed before it was its turn.';
    const freeze = freezeAt(control.freezeWindows, this.#parts.clock.nowSeconds());
    if (freeze !== undefined && isFrozen(freeze, service, { from: allocationOf(service, before), to }))
      return `A freeze window opened before it was its turn ("${freeze.reason}").`;
    return undefined;
  }

  /** Goes on with what a restart cut short. */
  async resume(record: ChangeRecord): Promise<void> {
    const { executor, settings } = this.#parts;
    const { service: id, before, decision, detail, to, mode = 'rolling', requests, limits } = record;
    const configured = settings.topology.services.get(id);
    if (configured === undefined || before === undefined) {
      const reason =
        'A restart cut it short, and its service is no longer configured: what became of it is not known.';
      this.#parts.changes.end({ ...record, status: 'failed', detail: reason }, 'failed');
      return;
    }
    const change = {
      service: { ...configured, mode },
      decision,
      explanation: detail,
      to,
      ...(requests !== undefined && { requests }),
      ...(limits !== undefined && { limits }),
    };
    await this.#ended(change, record, executor.resume(change, before, this.#signal));
  }

  /** A change that is cut short by the end of the daemon stays begun: the next start goes on with it. */
  async #ended(
    change: Change,
    record: ChangeRecord,
    carrying: Promise<ChangeOutcome>,
  ): Promise<ChangeRecord | undefined> {
    const outcome = await carrying.catch((error: unknown): ChangeOutcome => {
      const reason = this.#tellFault(change, error);
      return { kind: 'failed', reason: `${reason}: what became of it is not known` };
    });
    if (this.#signal.aborted && outcome.kind !== 'applied') return undefined;
    const ended = this.#end(change, outcome, record);
    await this.#watch.look(this.#signal);
    return ended;
  }

  /** An executor tells what goes wrong. One that throws is at fault, and its change must not stay begun for ever. */
  #tellFault({ service }: Change, error: unknown): string {
    const fields = { service: service.id, error: messageOf(error) };
    this.#parts.logger.error(fields, 'a change was cut short by a fault of the daemon');
    return `a fault of the daemon cut it short (${messageOf(error)})`;
  }

  #end(change: Change, outcome: ChangeOutcome, record = this.#record(change)): ChangeRecord {
    const { changes, clock, logger } = this.#parts;
    const { kind: status, reason: detail } = outcome;
    const ended = { ...record, status, detail, finishedSeconds: clock.nowSeconds() };
    const fields = { service: change.service.id, decision: change.decision, outcome: status, reason: detail };
    if (status === 'applied') logger.info(fields, 'change applied');
    else if (changes.latest().get(change.service.id)?.detail !== detail)
      logger.warn(fields, 'change not made');
    changes.end(ended, status);
    return ended;
  }

  #record(
    { service, decision, explanation, to, requests, limits }: Change,
    before?: TargetState,
  ): ChangeRecord {
    return {
      service: service.id,
      decision,
      atSeconds: this.#parts.clock.nowSeconds(),
      status: 'writing',
      to,
      detail: explanation,
      ...(before !== undefined && { before }),
      ...(service.mode === 'in-place' && { mode: service.mode }),
      ...(requests !== undefined && { requests }),
      ...(limits !== undefined && { limits }),
    };
  }
}

/** It was decided for another capacity: what is to be a growth may take something away from what runs by now. */
function changedMeanwhile({ service, from }: Change, before: TargetState): string | undefined {
  const now = allocationOf(service, before);
  if (from === undefined || sameAllocation(from, now)) return undefined;
  return `It runs with ${describeAllocation(now)} by now, and this was decided for ${describeAllocation(from)}: the next pass decides anew.`;
}
