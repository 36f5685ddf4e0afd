import pLimit from 'p-limit';
import type { Change, ChangeRecord, Drift, TargetState, UndoOutcome } from '../../models/changes.ts';
import type { Decision } from '../../models/decisions.ts';
import { messageOf } from '../../models/errors.ts';
import { allocationOf } from '../cluster/allocation-of.ts';
import type { ClusterWatch } from '../cluster/cluster-watch.ts';
import { describeAllocation } from '../draft.ts';
import { type CarrierParts, ChangeCarrier, type Checked } from './change-carrier.ts';
import { isUndo, UNDO } from './change-log.ts';
import { chainsLeftShort, wantedChanges } from './wanted-changes.ts';

/** Services that are changed at once: the cluster's scheduler and registries are shared by all. */
const AT_ONCE = 16;

/**
 * Carries out decisions in the background: everything is checked before the first write, what grows goes first, and what
 * shrinks follows only in chains of which every growth has come up, so that no chain is ever worse off than before. A
 * change is in the history before it is written, and a restart goes on with it.
 */
export class Rollouts {
  readonly #parts: CarrierParts;
  readonly #carrier: ChangeCarrier;
  readonly #stopping = new AbortController();
  readonly #jobs = new Set<Promise<void>>();
  readonly #limit = pLimit(AT_ONCE);
  /** Which decision each service is to be changed by: a newer one takes the place of what is not written yet. */
  readonly #wanted = new Map<string, string>();
  #toldIdle: string | undefined;

  constructor(parts: CarrierParts, watch: Pick<ClusterWatch, 'look'>) {
    this.#parts = parts;
    this.#carrier = new ChangeCarrier(parts, watch, this.#stopping.signal);
  }

  /** Goes on with the changes that a restart cut short. */
  start(): void {
    for (const record of this.#parts.changes.underWay()) this.#run(this.#carrier.resume(record));
  }

  /** Begins to make the changes of a decision. What is under way is not disturbed. */
  begin(decision: Decision): void {
    const { changes, executor, settings } = this.#parts;
    const underWay = new Set(changes.underWay().map(({ service }) => service));
    const wanted = wantedChanges(decision, settings.topology, {
      isUnderWay: (service) => underWay.has(service),
      drift: (service) => this.#drift(service),
    });
    this.#supersede(decision, [...wanted.grows, ...wanted.shrinks]);
    if (wanted.grows.length + wanted.shrinks.length === 0) return;
    if (executor.idleBecause !== undefined) {
      this.#tellIdle(executor.idleBecause);
      return;
    }
    this.#toldIdle = undefined;
    this.#run(this.#carryOutAll(wanted.grows, wanted.shrinks));
  }

  /** One that did not come up is not tried in every pass. */
  #drift(service: string): Drift | undefined {
    const { changes, clock, targets } = this.#parts;
    const reading = targets.reading(service);
    if (reading?.kind !== 'running') return undefined;
    return changes.setback(service, clock.nowSeconds()) === undefined ? reading.drift : undefined;
  }

  /** Puts back what the service ran with before the latest change that was made to it. */
  async undo(service: string): Promise<UndoOutcome> {
    const { changes, executor } = this.#parts;
    const not = (reason: string): UndoOutcome => ({ kind: 'not-undone', reason });
    if (changes.latest().get(service)?.status === 'writing') return not('a change of it is under way');
    const applied = changes.undoable(service);
    if (applied?.before === undefined) return not(`nothing that was applied to ${service} is left to undo`);
    if (executor.idleBecause !== undefined) return not(executor.idleBecause);
    const change = this.#undoing(applied, applied.before);
    if (change === undefined) return not('it is no longer configured');
    const record = await this.#track(this.#change(change));
    return record?.status === 'applied'
      ? { kind: 'undone', change: record }
      : not(record?.detail ?? 'it is being undone already, or the daemon is stopping');
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#jobs.size > 0) await Promise.all(this.#jobs);
  }

  /** Changes that have been written go on in the cluster; a restart looks after them. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.settled();
  }

  async #carryOutAll(grows: readonly Change[], shrinks: readonly Change[]): Promise<void> {
    const ready = await this.#checkAll([...grows, ...shrinks]);
    const isReady = (changes: readonly Change[]) => ready.filter(({ change }) => changes.includes(change));
    const applied = await this.#writeAll(isReady(grows));
    const short = chainsLeftShort(grows, applied);
    const harmless = isReady(shrinks).filter(({ change }) => {
      const chain = change.service.chains.find((id) => short.has(id));
      if (chain === undefined) return true;
      const reason = `Not made smaller: another service of ${chain} did not get what it was to get first.`;
      this.#carrier.withhold(change, reason);
      return false;
    });
    await this.#writeAll(harmless);
  }

  /** Those that can be made; the others are refused or held, with the reason in the log and the history. */
  async #checkAll(changes: readonly Change[]): Promise<readonly Checked[]> {
    const checked = await Promise.all(
      changes.map((change) => this.#limit(() => this.#carrier.check(change))),
    );
    return checked.filter((one) => one !== undefined);
  }

  /** Answers which of the services run with what was written. */
  async #writeAll(checked: readonly Checked[]): Promise<ReadonlySet<string>> {
    const records = await Promise.all(checked.map((one) => this.#limit(() => this.#writeIfWanted(one))));
    return new Set(records.flatMap((record) => (record?.status === 'applied' ? [record.service] : [])));
  }

  async #writeIfWanted(checked: Checked): Promise<ChangeRecord | undefined> {
    const { service, decision } = checked.change;
    const isUnderWay = this.#parts.changes.latest().get(service.id)?.status === 'writing';
    if (isUnderWay || this.#wanted.get(service.id) !== decision) return undefined;
    return this.#carrier.write(checked);
  }

  /** What waits for its turn and is not asked for any more is dropped; an operator's undo stays. */
  #supersede({ services, trigger }: Decision, changes: readonly Change[]): void {
    const wanted = new Map(changes.map(({ service, decision }) => [service.id, decision]));
    for (const { id, mode } of services) {
      // A pass in place leaves the others to the pass over all services before it.
      if (isUndo(this.#wanted.get(id) ?? '') || (trigger === 'in-place' && mode !== 'in-place')) continue;
      const decision = wanted.get(id);
      if (decision === undefined) this.#wanted.delete(id);
      else this.#wanted.set(id, decision);
    }
  }

  async #change(change: Change): Promise<ChangeRecord | undefined> {
    const { id } = change.service;
    this.#wanted.set(id, change.decision);
    try {
      return await this.#changeWanted(change);
    } finally {
      this.#wanted.delete(id);
    }
  }

  async #changeWanted(change: Change): Promise<ChangeRecord | undefined> {
    const checked = await this.#carrier.check(change);
    return checked === undefined
      ? this.#parts.changes.latest().get(change.service.id)
      : this.#writeIfWanted(checked);
  }

  #undoing(
    { service: id, decision, mode = 'rolling' }: ChangeRecord,
    before: TargetState,
  ): Change | undefined {
    const configured = this.#parts.settings.topology.services.get(id);
    if (configured === undefined) return undefined;
    // Also where the service is only recommended by now: the change was written, and so is its undoing.
    const service = { ...configured, mode };
    const to = allocationOf(service, before);
    const explanation = `Back to ${describeAllocation(to)}: change ${decision} is undone.`;
    const { requests, limits } = before;
    return { service, decision: UNDO + decision, explanation, to, requests, limits };
  }

  #tellIdle(reason: string): void {
    if (this.#toldIdle === reason) return;
    this.#toldIdle = reason;
    this.#parts.logger.warn({ reason }, 'changes are not made');
  }

  #run(job: Promise<void>): void {
    void this.#track(job);
  }

  /** A fault here is one of ours: it is told, and does not end the daemon. */
  async #track<Value>(work: Promise<Value>): Promise<Value | undefined> {
    const told = work.catch((error: unknown) => {
      const fault = { error: messageOf(error) };
      this.#parts.logger.error(fault, 'a change was cut short by a fault of the daemon');
      return undefined;
    });
    const job = told.then(() => undefined);
    this.#jobs.add(job);
    await job;
    this.#jobs.delete(job);
    return told;
  }
}
