/** The instances of one service, what they cost so far, and what those that ended had counted. */
import type { Instances } from './instances.ts';

export class ServiceFleet {
  /** By age, the oldest first. */
  readonly members: number[] = [];
  /** Those that take visits, by when they were ready. */
  readonly ready: number[] = [];
  /** Template and count. */
  cpu = 0;
  memory = 0;
  wanted = 0;
  /** Instances so far. */
  started = 0;
  /** Counted by instances that ended. */
  cpuSeconds = 0;
  periods = 0;
  throttledPeriods = 0;
  throttledSeconds = 0;
  /** Allocated up to `#billedSeconds`, and what is allocated since. */
  coreSeconds = 0;
  mebibyteSeconds = 0;
  #allocatedCpu = 0;
  #allocatedMemory = 0;
  #billedSeconds = 0;

  /** From now on so much more is allocated. */
  allocate(cpu: number, memory: number, nowSeconds: number): void {
    this.bill(nowSeconds);
    this.#allocatedCpu += cpu;
    this.#allocatedMemory += memory;
  }

  /** Brings what is allocated so far up to the present. */
  bill(nowSeconds: number): void {
    const elapsed = nowSeconds - this.#billedSeconds;
    this.coreSeconds += elapsed * this.#allocatedCpu;
    this.mebibyteSeconds += elapsed * this.#allocatedMemory;
    this.#billedSeconds = nowSeconds;
  }

  /** Forgets an instance but not what it counted. */
  retire(instance: number, all: Instances): void {
    this.cpuSeconds += all.cpuSeconds[instance]!;
    this.periods += all.periods[instance]!;
    this.throttledPeriods += all.throttledPeriods[instance]!;
    this.throttledSeconds += all.throttledSeconds[instance]!;
    this.members.splice(this.members.indexOf(instance), 1);
  }
}
