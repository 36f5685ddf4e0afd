import type { Change, ChangeOutcome, ChangeRecord, TargetState } from '../../models/changes.ts';
import type { ClusterWatch } from '../cluster/cluster-watch.ts';
import { capacityOf } from '../cluster/note-targets.ts';
import { isFrozen } from '../guard/freeze.ts';
import { freezeAt } from '../guard/freeze-windows.ts';
import type { ControlParts } from '../parts.ts';
import { UNDO } from './change-log.ts';

export type CarrierParts = Pick<ControlParts, 'changes' | 'clock' | 'executor' | 'logger' | 'settings'>;

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
    const outcome = await this.#parts.executor.check(change, this.#signal);
    if (this.#signal.aborted) return undefined;
    if (outcome.kind === 'ready') return { change, before: outcome.before };
    this.#end(change, outcome);
    return undefined;
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
    return this.#ended(change, record, await executor.carryOut(change, before, this.#signal));
  }

  /** What may have changed since the decision was made. */
  #stoppedBecause({ service, decision, to }: Change, before: TargetState): string | undefined {
    const { control, topology } = this.#parts.settings;
    if (this.#signal.aborted) return 'The daemon is stopping.';
    if (decision.startsWith(UNDO)) return undefined;
    if (control.paused) return 'Changes were paused before it was its turn.';
    if (topology.services.get(service.id)?.mode !== service.mode)
      return 'Its mode was changed before it was its turn.';
    const freeze = freezeAt(control.freezeWindows, this.#parts.clock.nowSeconds());
    if (
      freeze !== undefined &&
      isFrozen(freeze, service, { from: capacityOf(service, { state: before }), to })
    )
      return `A freeze window opened before it was its turn ("${freeze.reason}").`;
    return undefined;
  }

  /** Goes on with what a restart cut short. */
  async resume(record: ChangeRecord): Promise<void> {
    const { executor, settings } = this.#parts;
    const { service: id, before, decision, detail, to, requests, limits } = record;
    const service = settings.topology.services.get(id);
    if (service === undefined || before === undefined) {
      const reason =
        'A restart cut it short, and its service is no longer configured: what became of it is not known.';
      this.#parts.changes.end({ ...record, status: 'failed', detail: reason }, 'failed');
      return;
    }
    const change = {
      service,
      decision,
      explanation: detail,
      to,
      ...(requests !== undefined && { requests }),
      ...(limits !== undefined && { limits }),
    };
    await this.#ended(change, record, await executor.resume(change, before, this.#signal));
  }

  /** A change that is cut short by the end of the daemon stays begun: the next start goes on with it. */
  async #ended(
    change: Change,
    record: ChangeRecord,
    outcome: ChangeOutcome,
  ): Promise<ChangeRecord | undefined> {
    if (this.#signal.aborted && outcome.kind !== 'applied') return undefined;
    const ended = this.#end(change, outcome, record);
    await this.#watch.look(this.#signal);
    return ended;
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
      ...(requests !== undefined && { requests }),
      ...(limits !== undefined && { limits }),
    };
  }
}
