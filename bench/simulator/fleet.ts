/**
 * Which instances each service has: their start, their readiness, their end, what they cost, and what they counted
 * before they ended. Rolling updates follow the Deployment controller of Kubernetes (docs: Deployments, "Rolling Update
 * Deployment"): at most 25 % of the wanted instances more than wanted (rounded up), never fewer ready than wanted.
 */
import type { Application, Shape } from './application.ts';
import { instanceKey, PHASE, uniform } from './chance.ts';
import { type CpuSharing, PERIOD_SECONDS } from './cpu-sharing.ts';
import { GONE, type Instances, READY, STARTING, STOPPING } from './instances.ts';
import { ItemHeap } from './item-heap.ts';
import { ServiceFleet } from './service-fleet.ts';
import type { CgroupCounters, InstanceState } from './system.ts';

const SURGE = 0.25;
const GRACE_SECONDS = 30;
const STATES = ['starting', 'starting', 'ready', 'stopping'] as const;

export class Fleet {
  /** Instances by the time at which they are ready, or have to be gone. */
  readonly changes: ItemHeap;
  readonly #application: Application;
  readonly #instances: Instances;
  readonly #sharing: CpuSharing;
  readonly #startupSeconds: number;
  readonly #seed: number;
  readonly #services: ServiceFleet[];

  constructor(
    application: Application,
    instances: Instances,
    sharing: CpuSharing,
    startupSeconds: number,
    seed: number,
  ) {
    this.#application = application;
    this.#instances = instances;
    this.#sharing = sharing;
    this.#startupSeconds = startupSeconds;
    this.#seed = seed;
    this.changes = new ItemHeap(instances.lifePlaces);
    this.#services = application.services.map(() => new ServiceFleet());
  }

  /** What runs at the beginning is ready at once. */
  begin(service: number, { cpu, memory, instances }: Shape): void {
    this.setTemplate(service, cpu, memory);
    this.want(service, instances);
    for (let count = 0; count < instances; count++) this.welcome(this.start(service, 0));
  }

  ready(service: number): readonly number[] {
    return this.#services[service]!.ready;
  }

  /** In the order in which a failing node takes them: those that take visits first. */
  victims(service: number): number[] {
    const { members, ready } = this.#services[service]!;
    return [...ready, ...members.filter((instance) => !ready.includes(instance))];
  }

  shape(service: number): Shape {
    const { cpu, memory, wanted } = this.#services[service]!;
    return { cpu, memory, instances: wanted };
  }

  setTemplate(service: number, cpu: number, memory: number): void {
    if (!(cpu > 0 && cpu < Infinity)) throw new RangeError(`no CPU to run with: ${cpu}`);
    if (!(memory >= 0 && memory < Infinity)) throw new RangeError(`no memory to run with: ${memory}`);
    const fleet = this.#services[service]!;
    fleet.cpu = cpu;
    fleet.memory = memory;
  }

  want(service: number, instances: number): void {
    if (!(Number.isInteger(instances) && instances >= 1)) throw new RangeError(`${instances} instances`);
    this.#services[service]!.wanted = instances;
  }

  /** Gives the template to everything that runs. */
  resize(service: number, nowSeconds: number): void {
    const fleet = this.#services[service]!;
    const all = this.#instances;
    for (const instance of fleet.members) {
      fleet.allocate(fleet.cpu - all.cpu[instance]!, fleet.memory - all.memory[instance]!, nowSeconds);
      this.#sharing.limit(instance, fleet.cpu, nowSeconds);
      all.memory[instance] = fleet.memory;
      all.outdated[instance] = 0;
    }
  }

  /** From now on instances that differ from the template are replaced. */
  roll(service: number): void {
    const { members, cpu, memory } = this.#services[service]!;
    const all = this.#instances;
    for (const instance of members) {
      all.outdated[instance] = all.cpu[instance] !== cpu || all.memory[instance] !== memory ? 1 : 0;
    }
  }

  /** Starts and stops what brings the service nearer to what is wanted. */
  reconcile(service: number, nowSeconds: number): void {
    const fleet = this.#services[service]!;
    const all = this.#instances;
    for (const instance of this.#surplus(fleet)) this.stop(instance, nowSeconds);
    const alive = fleet.members.filter((instance) => all.state[instance] !== STOPPING);
    const old = alive.filter((instance) => all.outdated[instance] === 1).length;
    const room = fleet.wanted + (old > 0 ? Math.ceil(SURGE * fleet.wanted) : 0) - alive.length;
    const missing = Math.min(fleet.wanted - (alive.length - old), room);
    for (let count = 0; count < missing; count++) this.start(service, nowSeconds);
  }

  /** Outdated ones that are not needed any more, and the youngest of the others when they are too many. */
  #surplus({ members, ready, wanted }: ServiceFleet): number[] {
    const { state, outdated } = this.#instances;
    const alive = members.filter((instance) => state[instance] !== STOPPING);
    const old = alive.filter((instance) => outdated[instance] === 1);
    const fresh = alive.filter((instance) => outdated[instance] === 0);
    return [
      ...old.filter((instance) => state[instance] === STARTING),
      ...old.filter((instance) => state[instance] === READY).slice(0, Math.max(0, ready.length - wanted)),
      ...fresh.slice(wanted).reverse(),
    ];
  }

  start(service: number, nowSeconds: number): number {
    const fleet = this.#services[service]!;
    const { parallelism } = this.#application.services[service]!;
    const phase = uniform(instanceKey(this.#seed, service, fleet.started++), PHASE);
    const { cpu, memory } = fleet;
    const periodEnd = nowSeconds - phase * PERIOD_SECONDS;
    const instance = this.#instances.add(service, cpu, memory, parallelism, nowSeconds, periodEnd);
    fleet.allocate(cpu, memory, nowSeconds);
    fleet.members.push(instance);
    this.#sharing.events.push(Infinity, instance);
    this.changes.push(nowSeconds + this.#startupSeconds, instance);
    return instance;
  }

  /** It takes visits from now on. */
  welcome(instance: number): void {
    this.changes.remove(instance);
    this.#instances.state[instance] = READY;
    this.#services[this.#instances.service[instance]!]!.ready.push(instance);
  }

  /** It takes no more visits; it is gone when those that are present have ended. */
  stop(instance: number, nowSeconds: number): void {
    const all = this.#instances;
    if (all.state[instance] === READY) drop(this.#services[all.service[instance]!]!.ready, instance);
    if (all.state[instance] === STARTING) this.changes.remove(instance);
    all.state[instance] = STOPPING;
    this.changes.push(nowSeconds + GRACE_SECONDS, instance);
    if (all.present[instance] === 0) this.remove(instance, nowSeconds);
  }

  /** Ends an instance that stops and where nobody is present. */
  remove(instance: number, nowSeconds: number): void {
    const all = this.#instances;
    const fleet = this.#services[all.service[instance]!]!;
    this.#sharing.settle(instance, nowSeconds);
    fleet.allocate(-all.cpu[instance]!, -all.memory[instance]!, nowSeconds);
    fleet.retire(instance, all);
    this.changes.remove(instance);
    this.#sharing.events.remove(instance);
    all.remove(instance);
  }

  states(service: number, nowSeconds: number): InstanceState[] {
    const all = this.#instances;
    return this.#services[service]!.members.map((instance) => {
      this.#sharing.settle(instance, nowSeconds);
      return {
        id: all.id[instance]!,
        cpu: all.cpu[instance]!,
        memory: all.memory[instance]!,
        state: STATES[all.state[instance]!] ?? STATES[GONE],
        startedSeconds: all.startedSeconds[instance]!,
        cpuSeconds: all.cpuSeconds[instance]!,
        workingSet: this.#workingSet(instance),
      };
    });
  }

  cgroup(service: number, nowSeconds: number): CgroupCounters {
    const fleet = this.#services[service]!;
    const all = this.#instances;
    let { cpuSeconds, periods, throttledPeriods, throttledSeconds } = fleet;
    let memory = 0;
    for (const instance of fleet.members) {
      this.#sharing.settle(instance, nowSeconds);
      cpuSeconds += all.cpuSeconds[instance]!;
      periods += all.periods[instance]!;
      throttledPeriods += all.throttledPeriods[instance]!;
      throttledSeconds += all.throttledSeconds[instance]!;
      memory = Math.max(memory, this.#workingSet(instance));
    }
    return { cpuSeconds, periods, throttledPeriods, throttledSeconds, memory };
  }

  coreSeconds(service: number, nowSeconds: number): number {
    const fleet = this.#services[service]!;
    fleet.bill(nowSeconds);
    return fleet.coreSeconds;
  }

  mebibyteSeconds(service: number, nowSeconds: number): number {
    const fleet = this.#services[service]!;
    fleet.bill(nowSeconds);
    return fleet.mebibyteSeconds;
  }

  #workingSet(instance: number): number {
    const { baseMemory, memoryPerVisit } = this.#application.services[this.#instances.service[instance]!]!;
    return baseMemory + memoryPerVisit * this.#instances.present[instance]!;
  }
}

function drop(list: number[], item: number): void {
  list.splice(list.indexOf(item), 1);
}
