import type { SimulatedSystem } from '../simulator/system.ts';
import type { Actuator, KnownApplication, KnownService, ServiceAllocation } from './policy.ts';
import { TIMING, type Timing } from './timing.ts';

type WriteTiming = Pick<Timing, 'write' | 'resize' | 'quota'>;

/** What has been written for a service, whether it has taken effect or not. */
interface Written {
  cpu: number;
  memory: number;
  instances: number;
  /** Instances that run may have another size than the template says. */
  templateAlone: boolean;
}

interface PendingWrite {
  readonly dueSeconds: number;
  readonly service: number;
  apply(): void;
}

/**
 * Takes a policy's writes and lets them take effect after the delay of their kind, those for one service in the order in
 * which they were made. A write that changes nothing is none, as with an API server.
 */
export class DelayedActuator implements Actuator {
  readonly #policy: string;
  readonly #system: SimulatedSystem;
  readonly #services: readonly KnownService[];
  readonly #timing: WriteTiming;
  readonly #written: Written[];
  /** By when they are due. */
  readonly #pending: PendingWrite[] = [];
  readonly #changes: number[];
  readonly #shrinks: number[];
  readonly #restarts: number[];

  constructor(
    policy: string,
    system: SimulatedSystem,
    application: KnownApplication,
    timing: WriteTiming = TIMING,
  ) {
    this.#policy = policy;
    this.#system = system;
    this.#services = application.services;
    this.#timing = timing;
    this.#written = application.services.map((_, service) => ({
      ...system.shape(service),
      templateAlone: false,
    }));
    this.#changes = application.services.map(() => 0);
    this.#shrinks = application.services.map(() => 0);
    this.#restarts = application.services.map(() => 0);
  }

  /** By service: writes that changed something. */
  get changes(): readonly number[] {
    return this.#changes;
  }

  /** By service: those of them that took cores or memory away from it. */
  get shrinks(): readonly number[] {
    return this.#shrinks;
  }

  /** By service: instances that were replaced because of a new template or an eviction. */
  get restarts(): readonly number[] {
    return this.#restarts;
  }

  /** Infinity when nothing is under way. */
  get nextDueSeconds(): number {
    return this.#pending[0]?.dueSeconds ?? Infinity;
  }

  applyDue(): void {
    while (this.nextDueSeconds <= this.#system.nowSeconds) this.#pending.shift()!.apply();
  }

  allocation(service: number): ServiceAllocation {
    const { cpu, memory, instances } = this.#writtenOf(service);
    const ready = this.#system.instances(service).filter(({ state }) => state === 'ready');
    const isUnderWay = this.#pending.some((write) => write.service === service);
    const isMixed = ready.some((instance) => instance.cpu !== cpu || instance.memory !== memory);
    return { cpu, memory, instances, readyInstances: ready.length, rolledOut: !isUnderWay && !isMixed };
  }

  resize(service: number, cpu: number, memory: number): void {
    this.#resizeAfter(this.#timing.resize, service, cpu, memory);
  }

  setQuota(service: number, cpu: number): void {
    this.#resizeAfter(this.#timing.quota, service, cpu, this.#writtenOf(service).memory);
  }

  scale(service: number, instances: number): void {
    const wanted = this.#instances(service, instances);
    if (wanted === this.#writtenOf(service).instances) return;
    this.#write(this.#timing.write, service, { instances: wanted }, () =>
      this.#system.scale(service, wanted),
    );
  }

  roll(service: number, cpu: number, memory: number, instances: number): void {
    const template = this.#template(service, cpu, memory);
    const written = this.#writtenOf(service);
    if (isSame(template, written) && !written.templateAlone) {
      this.scale(service, instances);
      return;
    }
    const shape = { ...template, instances: this.#instances(service, instances) };
    this.#write(this.#timing.write, service, { ...shape, templateAlone: false }, () => {
      this.#restarts[service]! += running(this.#system, service).length;
      this.#system.roll(service, shape);
    });
  }

  setTemplate(service: number, cpu: number, memory: number): void {
    const template = this.#template(service, cpu, memory);
    if (isSame(template, this.#writtenOf(service))) return;
    this.#write(this.#timing.write, service, { ...template, templateAlone: true }, () =>
      this.#system.setTemplate(service, template.cpu, template.memory),
    );
  }

  evict(service: number, instance: number): void {
    this.#write(this.#timing.write, service, {}, () => {
      // It may have gone by itself in the meantime: the API server answers 404.
      if (!running(this.#system, service).some(({ id, state }) => id === instance && state === 'ready'))
        return;
      this.#restarts[service]! += 1;
      this.#system.evict(service, instance);
    });
  }

  #resizeAfter(delay: number, service: number, cpu: number, memory: number): void {
    const template = this.#template(service, cpu, memory);
    const written = this.#writtenOf(service);
    if (isSame(template, written) && !written.templateAlone) return;
    this.#write(delay, service, { ...template, templateAlone: false }, () =>
      this.#system.resize(service, template.cpu, template.memory),
    );
  }

  #write(delay: number, service: number, change: Partial<Written>, apply: () => void): void {
    const written = this.#writtenOf(service);
    this.#changes[service]! += 1;
    if (isLess({ ...written, ...change }, written)) this.#shrinks[service]! += 1;
    Object.assign(written, change);
    const before = this.#pending.findLast((write) => write.service === service)?.dueSeconds ?? 0;
    const dueSeconds = Math.max(this.#system.nowSeconds + delay, before);
    const place = this.#pending.findLastIndex((write) => write.dueSeconds <= dueSeconds);
    this.#pending.splice(place + 1, 0, { dueSeconds, service, apply });
  }

  #writtenOf(service: number): Written {
    const written = this.#written[service];
    if (written === undefined) throw this.#wrong(`service ${service}`, `0 to ${this.#written.length - 1}`);
    return written;
  }

  #template(service: number, cpu: number, memory: number): { cpu: number; memory: number } {
    this.#writtenOf(service);
    const { name, minCpu, maxCpu, minMemory, maxMemory } = this.#services[service]!;
    if (!Number.isFinite(cpu)) throw this.#wrong(`${cpu} cores for ${name}`, 'a finite number');
    if (!Number.isFinite(memory)) throw this.#wrong(`${memory} MiB for ${name}`, 'a finite number');
    return { cpu: clipped(cpu, minCpu, maxCpu), memory: clipped(memory, minMemory, maxMemory) };
  }

  #instances(service: number, instances: number): number {
    this.#writtenOf(service);
    const { name, minInstances, maxInstances } = this.#services[service]!;
    if (!Number.isInteger(instances))
      throw this.#wrong(`${instances} instances of ${name}`, 'a whole number');
    return clipped(instances, minInstances, maxInstances);
  }

  #wrong(found: string, allowed: string): Error {
    return new Error(`policy ${this.#policy}: found ${found}, allowed: ${allowed}`);
  }
}

function running(system: SimulatedSystem, service: number) {
  return system.instances(service).filter(({ state }) => state !== 'stopping');
}

function isSame(template: { cpu: number; memory: number }, written: Written): boolean {
  return template.cpu === written.cpu && template.memory === written.memory;
}

function isLess(one: Written, other: Written): boolean {
  return (
    one.cpu * one.instances < other.cpu * other.instances ||
    one.memory * one.instances < other.memory * other.instances
  );
}

function clipped(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
