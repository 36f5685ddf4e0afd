import type {
  Change,
  ChangeOutcome,
  CheckOutcome,
  TargetReading,
  TargetState,
} from '../../../src/models/changes.ts';
import type { UsageSample } from '../../../src/models/metrics.ts';
import type { Executor } from '../../../src/models/ports.ts';

export const BEFORE: TargetState = {
  requests: { cpu: 1, memory: 512 },
  limits: { cpu: 1.5, memory: 512 },
  instances: 2,
};

/** An executor that does as it is told, and keeps a list of what was asked of it, in order. */
export class ScriptedExecutor implements Executor {
  idleBecause: string | undefined = undefined;
  readonly calls: string[] = [];
  readonly readings = new Map<string, TargetReading>();
  readonly usage: UsageSample[] = [];
  readonly checks = new Map<string, CheckOutcome>();
  readonly outcomes = new Map<string, ChangeOutcome | Promise<ChangeOutcome>>();
  readonly carried: Change[] = [];
  /** Called at each call, before it is answered. */
  onCall: (call: string) => void = () => undefined;

  start(): void {}
  async stop(): Promise<void> {}

  async readTargets() {
    return new Map(this.readings);
  }

  async readUsage() {
    return this.usage;
  }

  async check(change: Change): Promise<CheckOutcome> {
    this.#note('check', change);
    return this.checks.get(change.service.id) ?? { kind: 'ready', before: BEFORE };
  }

  async carryOut(change: Change): Promise<ChangeOutcome> {
    this.#note('write', change);
    this.carried.push(change);
    return this.#outcome(change);
  }

  async resume(change: Change): Promise<ChangeOutcome> {
    this.#note('resume', change);
    return this.#outcome(change);
  }

  async #outcome({ service }: Change): Promise<ChangeOutcome> {
    const outcome = await (this.outcomes.get(service.id) ?? { kind: 'applied', reason: 'Runs.' });
    this.calls.push(`${outcome.kind} ${service.id}`);
    return outcome;
  }

  #note(verb: string, { service }: Change): void {
    this.calls.push(`${verb} ${service.id}`);
    this.onCall(`${verb} ${service.id}`);
  }
}
