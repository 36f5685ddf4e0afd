import type {
  Change,
  ChangeOutcome,
  CheckOutcome,
  TargetReading,
  TargetState,
} from '../../../src/models/changes.ts';
import type { ServiceSpec } from '../../../src/models/data-models.ts';
import type { Clock, Executor } from '../../../src/models/ports.ts';

/** How long a rollout takes, and a resize in place, s. */
const ROLLOUT_SECONDS = 40;
const RESIZE_SECONDS = 2;

interface Written {
  readonly service: string;
  readonly atSeconds: number;
  readonly from: TargetState;
  readonly to: TargetState;
}

/** Workloads that take their time to change, on the clock of the test. */
export class SimulatedCluster implements Executor {
  readonly idleBecause = undefined;
  readonly log: Written[] = [];
  /** Services of which new instances do not come up. */
  readonly broken = new Set<string>();
  readonly #clock: Clock;
  readonly #states = new Map<string, TargetState>();
  readonly #rolling = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(): void {}
  async stop(): Promise<void> {}
  async readUsage() {
    return [];
  }

  stateOf({ id }: Pick<ServiceSpec, 'id'>): TargetState {
    return (
      this.#states.get(id) ?? {
        requests: { cpu: 2, memory: 1024 },
        limits: { cpu: 3, memory: 1024 },
        instances: 2,
      }
    );
  }

  async readTargets(services: Iterable<ServiceSpec>) {
    const running = [...services].map((service): [string, TargetReading] => [
      service.id,
      {
        kind: 'running',
        target: service.id,
        state: this.stateOf(service),
        instancesReady: this.stateOf(service).instances,
        rolling: this.#rolling.has(service.id),
        version: 'v1',
        qos: 'Burstable',
      },
    ]);
    return new Map(running);
  }

  async check({ service }: Change): Promise<CheckOutcome> {
    return { kind: 'ready', before: this.stateOf(service) };
  }

  async carryOut({ service, to }: Change, before: TargetState, signal?: AbortSignal): Promise<ChangeOutcome> {
    const { cpu, memory, instances } = to;
    const after = { requests: { cpu, memory }, limits: { cpu: 1.5 * cpu, memory }, instances };
    const isInPlace = service.mode === 'in-place';
    if (!isInPlace) this.#rolling.add(service.id);
    this.#states.set(service.id, after);
    this.log.push({ service: service.id, atSeconds: this.#clock.nowSeconds(), from: before, to: after });
    await this.#clock.sleep(isInPlace ? RESIZE_SECONDS : ROLLOUT_SECONDS, signal);
    if (signal?.aborted) return { kind: 'held', reason: 'stopping' };
    this.#rolling.delete(service.id);
    if (!this.broken.has(service.id)) return { kind: 'applied', reason: 'Runs.' };
    this.#states.set(service.id, before);
    return { kind: 'restored', reason: 'New instances crash.' };
  }

  async resume({ service }: Change): Promise<ChangeOutcome> {
    this.#rolling.delete(service.id);
    return { kind: 'applied', reason: 'Runs since before the restart.' };
  }
}
