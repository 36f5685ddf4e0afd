import type {
  Change,
  ChangeOutcome,
  CheckOutcome,
  TargetReading,
  TargetState,
} from '../../../src/models/changes.ts';
import type { ServiceSpec } from '../../../src/models/data-models.ts';
import type { UsageSample } from '../../../src/models/metrics.ts';
import type { Clock, Executor } from '../../../src/models/ports.ts';
import { stepsOf, type Write } from '../../../src/utils/kubernetes-utils/change/steps.ts';
import type { PolicyContext, ServiceAllocation } from '../policy.ts';
import { UsageReader } from './usage-reader.ts';

/** `kubernetes.verify_timeout`: what does not run after this long is put back, s. */
const VERIFY_SECONDS = 300;

/** Time between two looks at what runs, s. */
const LOOK_SECONDS = 1;

/** A service has nothing beside its resources that could be rolled out. */
const VERSION = 'simulated';

/**
 * Writes to the simulated cluster in the order of the Kubernetes executor, and waits until it runs. In place it resizes the
 * instances; their template has the same size at once, while a Kubernetes cluster gets it with one of the next rollouts.
 */
export class SimulatedExecutor implements Executor {
  readonly idleBecause = undefined;
  readonly #context: PolicyContext;
  readonly #clock: Clock;
  readonly #usage: UsageReader;
  /** Index by id. */
  readonly #services: ReadonlyMap<string, number>;

  constructor(context: PolicyContext, clock: Clock, epochSeconds: number) {
    this.#context = context;
    this.#clock = clock;
    this.#usage = new UsageReader(context, epochSeconds);
    this.#services = new Map(context.application.services.map(({ name }, index) => [name, index]));
  }

  start(): void {}
  async stop(): Promise<void> {}

  async readTargets(services: Iterable<ServiceSpec>): Promise<ReadonlyMap<string, TargetReading>> {
    return new Map([...services].map(({ id }) => [id, this.#reading(id)]));
  }

  async readUsage(): Promise<readonly UsageSample[]> {
    return this.#usage.read();
  }

  async check({ service }: Change): Promise<CheckOutcome> {
    const { rolledOut = true } = this.#allocation(service.id);
    if (!rolledOut) return { kind: 'held', reason: 'a rollout is under way' };
    return { kind: 'ready', before: this.#state(service.id) };
  }

  async carryOut(change: Change, before: TargetState, signal?: AbortSignal): Promise<ChangeOutcome> {
    const { service } = change;
    const wanted = stateOf(change.to);
    for (const group of stepsOf(before, wanted)) {
      this.#write(service, group, wanted);
      const outcome = await this.#wait(service.id, signal);
      if (outcome === 'stopped') return { kind: 'held', reason: 'it was broken off' };
      if (outcome === 'late') return this.#putBack(service, before);
    }
    return { kind: 'applied', reason: 'runs' };
  }

  async resume(): Promise<ChangeOutcome> {
    return { kind: 'failed', reason: 'a simulated daemon is never restarted' };
  }

  #write({ id, mode }: ServiceSpec, group: readonly Write[], wanted: TargetState): void {
    const { actuator } = this.#context;
    const index = this.#index(id);
    const { cpu = 0, memory = 0 } = wanted.requests;
    const { instances } = group.includes('replicas') ? wanted : actuator.allocation(index);
    if (group.includes('resources') && mode === 'in-place') actuator.resize(index, cpu, memory);
    if (group.includes('resources') && mode !== 'in-place') actuator.roll(index, cpu, memory, instances);
    else actuator.scale(index, instances);
  }

  async #wait(id: string, signal?: AbortSignal): Promise<'up' | 'late' | 'stopped'> {
    const end = this.#clock.nowSeconds() + VERIFY_SECONDS;
    do {
      await this.#clock.sleep(LOOK_SECONDS, signal);
      if (signal?.aborted === true) return 'stopped';
      if (this.#isUp(id)) return 'up';
    } while (this.#clock.nowSeconds() < end);
    return 'late';
  }

  #putBack(service: ServiceSpec, before: TargetState): ChangeOutcome {
    this.#write(service, ['resources', 'replicas'], before);
    return { kind: 'restored', reason: `it does not run after ${VERIFY_SECONDS} s` };
  }

  #isUp(id: string): boolean {
    const { readyInstances, instances, rolledOut = true } = this.#allocation(id);
    return rolledOut && readyInstances >= instances;
  }

  #reading(id: string): TargetReading {
    return {
      kind: 'running',
      target: id,
      state: this.#state(id),
      instancesReady: this.#allocation(id).readyInstances,
      rolling: !this.#isUp(id),
      version: VERSION,
      qos: 'Guaranteed',
    };
  }

  #state(id: string): TargetState {
    return stateOf(this.#allocation(id));
  }

  #allocation(id: string): ServiceAllocation {
    return this.#context.actuator.allocation(this.#index(id));
  }

  #index(id: string): number {
    return this.#services.get(id)!;
  }
}

/** Requests are limits: what an instance is promised is what CFS lets it use. */
function stateOf({ cpu, memory, instances }: Omit<ServiceAllocation, 'readyInstances'>): TargetState {
  return { requests: { cpu, memory }, limits: { cpu, memory }, instances };
}
