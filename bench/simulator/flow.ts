/**
 * The way of visits through the system: arrival at a service, an instance, a thread, CPU, own wait, the visits it
 * causes, its end, and what that means for whoever waits for it.
 */
import type { Application } from './application.ts';
import type { Balancer } from './balancer.ts';
import type { CallTable } from './call-table.ts';
import type { CpuSharing } from './cpu-sharing.ts';
import type { Fleet } from './fleet.ts';
import { type Instances, STOPPING } from './instances.ts';
import { ItemHeap } from './item-heap.ts';
import type { Measurements } from './measurements.ts';
import { RandomDemand } from './random-demand.ts';
import { CALLING, FREE, POOLED, QUEUED, RUNNING, VisitQueues, type Visits, WAITING } from './visits.ts';

export interface FlowParts {
  readonly application: Application;
  readonly calls: CallTable;
  readonly visits: Visits;
  readonly instances: Instances;
  readonly sharing: CpuSharing;
  readonly fleet: Fleet;
  readonly balancer: Balancer;
  readonly measurements: Measurements;
}

export class Flow {
  nowSeconds = 0;
  inFlight = 0;
  /** Visits in their own wait, by its end. */
  readonly waits: ItemHeap;
  readonly demandFactors: Float64Array;
  readonly #calls: CallTable;
  readonly #demand: RandomDemand;
  readonly #visits: Visits;
  readonly #instances: Instances;
  readonly #sharing: CpuSharing;
  readonly #fleet: Fleet;
  readonly #balancer: Balancer;
  readonly #measurements: Measurements;
  readonly #threads: Float64Array;
  readonly #queueLimits: Float64Array;
  /** By instance: who waits for a thread. */
  readonly #queues: VisitQueues;
  /** By service: who waits for an instance. */
  readonly #pools: VisitQueues;

  constructor(parts: FlowParts) {
    const { services } = parts.application;
    this.#calls = parts.calls;
    this.#demand = new RandomDemand(parts.calls);
    this.#visits = parts.visits;
    this.#instances = parts.instances;
    this.#sharing = parts.sharing;
    this.#fleet = parts.fleet;
    this.#balancer = parts.balancer;
    this.#measurements = parts.measurements;
    this.#threads = Float64Array.from(services, ({ threads }) => threads);
    this.#queueLimits = Float64Array.from(services, ({ queueLimit }) => queueLimit);
    this.demandFactors = new Float64Array(services.length).fill(1);
    this.waits = new ItemHeap(parts.visits.places);
    this.#queues = parts.instances.queues;
    this.#pools = new VisitQueues(parts.visits);
    this.#pools.reserve(services.length);
  }

  /** A request arrives; `key` is its chance. */
  arrive(chain: number, key: number): void {
    this.inFlight++;
    this.#begin(this.#calls.roots[chain]!, key, -1, 0);
  }

  /** The instance has a visit that got all its CPU. */
  finishCpu(instance: number): void {
    const visit = this.#sharing.finish(instance, this.nowSeconds);
    this.#leaveThread(instance);
    this.#wait(visit);
  }

  /** The first of those that wait is done with it. */
  finishWait(): void {
    this.#work(this.waits.pop());
  }

  /** Ends a visit wherever it is; it fails. */
  fail(visit: number): void {
    const burned = this.#visits.demandSeconds[visit]! - this.#withdraw(visit);
    this.#visits.demandSeconds[visit] = Math.max(0, burned);
    this.#end(visit, true);
  }

  /** Everybody at an instance fails. */
  failAllAt(instance: number): void {
    const { state, instance: at } = this.#visits;
    for (let visit = 0; visit < state.length; visit++) {
      if (state[visit] !== FREE && at[visit] === instance) this.fail(visit);
    }
  }

  /** There is a ready instance again for those that wait for one. */
  drainPool(service: number): void {
    while (this.#pools.length[service]! > 0) this.#send(this.#pools.take(service), service);
  }

  /** Takes a visit out of where it waits or runs; returns how much of its CPU it did not burn. */
  #withdraw(visit: number): number {
    const state = this.#visits.state[visit]!;
    const instance = this.#visits.instance[visit]!;
    let unburned = 0;
    if (state === POOLED || state === QUEUED) {
      if (state === QUEUED) this.#queues.remove(instance, visit);
      else this.#pools.remove(this.#calls.service[this.#visits.call[visit]!]!, visit);
      unburned = Infinity;
    } else if (state === RUNNING) {
      unburned = this.#sharing.cancel(instance, visit, this.nowSeconds);
      this.#leaveThread(instance);
    } else if (state === WAITING) {
      this.waits.remove(visit);
    }
    return unburned;
  }

  #begin(call: number, requestKey: number, parent: number, parentSerial: number): void {
    const visits = this.#visits;
    const service = this.#calls.service[call]!;
    const visit = visits.add();
    visits.call[visit] = call;
    visits.requestKey[visit] = requestKey;
    visits.parent[visit] = parent;
    visits.parentSerial[visit] = parentSerial;
    visits.instance[visit] = -1;
    visits.arrivedSeconds[visit] = this.nowSeconds;
    visits.selfSeconds[visit] = -1;
    visits.demandSeconds[visit] = this.#demand.cpuSeconds(call, requestKey) * this.demandFactors[service]!;
    this.#send(visit, service);
  }

  #send(visit: number, service: number): void {
    const visits = this.#visits;
    const instance = this.#balancer.pick(service, this.#fleet.ready(service));
    if (instance < 0) {
      visits.state[visit] = POOLED;
      this.#pools.add(service, visit);
      return;
    }
    visits.instance[visit] = instance;
    this.#instances.present[instance]!++;
    if (this.#instances.running[instance]! < this.#threads[service]!) {
      this.#run(visit, instance);
      this.#sharing.schedule(instance);
      return;
    }
    visits.state[visit] = QUEUED;
    this.#queues.add(instance, visit);
    if (this.#queues.length[instance]! > this.#queueLimits[service]!) this.fail(visit);
  }

  #run(visit: number, instance: number): void {
    this.#visits.state[visit] = RUNNING;
    this.#sharing.start(instance, visit, this.#visits.demandSeconds[visit]!, this.nowSeconds);
  }

  /** A thread is free. */
  #leaveThread(instance: number): void {
    if (this.#queues.length[instance]! > 0) this.#run(this.#queues.take(instance), instance);
    this.#sharing.schedule(instance);
  }

  #wait(visit: number): void {
    const visits = this.#visits;
    const seconds = this.#demand.waitSeconds(visits.call[visit]!, visits.requestKey[visit]!);
    if (seconds > 0) {
      visits.state[visit] = WAITING;
      this.waits.push(this.nowSeconds + seconds, visit);
    } else {
      this.#work(visit);
    }
  }

  /** Its own work is done. */
  #work(visit: number): void {
    const visits = this.#visits;
    const call = visits.call[visit]!;
    visits.state[visit] = CALLING;
    visits.selfSeconds[visit] = this.nowSeconds - visits.arrivedSeconds[visit]!;
    if (this.#demand.isError(call, visits.requestKey[visit]!)) {
      this.#end(visit, true);
    } else {
      visits.stage[visit] = this.#calls.firstStage[call]!;
      this.#callStage(visit);
    }
  }

  #callStage(visit: number): void {
    const visits = this.#visits;
    const calls = this.#calls;
    const stage = visits.stage[visit]!;
    if (stage === calls.firstStage[visits.call[visit]! + 1]!) {
      this.#end(visit, false);
      return;
    }
    const first = calls.firstChild[stage]!;
    const end = calls.firstChild[stage + 1]!;
    const key = visits.requestKey[visit]!;
    const serial = visits.serial[visit]!;
    visits.openCalls[visit] = end - first;
    // All are sent, also when one of them fails at once and this visit with it: its place may be another's by then.
    for (let child = first; child < end; child++) this.#begin(child, key, visit, serial);
  }

  #end(visit: number, failed: boolean): void {
    const visits = this.#visits;
    const instance = visits.instance[visit]!;
    const parent = visits.parent[visit]!;
    const serial = visits.parentSerial[visit]!;
    if (parent < 0) this.inFlight--;
    this.#measurements.visitEnded(visit, failed, this.nowSeconds);
    visits.remove(visit);
    if (instance >= 0) {
      const present = --this.#instances.present[instance]!;
      if (present === 0 && this.#instances.state[instance] === STOPPING) {
        this.#fleet.remove(instance, this.nowSeconds);
      }
    }
    if (parent >= 0 && visits.serial[parent] === serial) this.#answer(parent, failed);
  }

  /** One of the calls of a stage has been answered. */
  #answer(parent: number, failed: boolean): void {
    const { openCalls, stage } = this.#visits;
    if (failed) {
      this.#end(parent, true);
    } else if (--openCalls[parent]! === 0) {
      stage[parent]!++;
      this.#callStage(parent);
    }
  }
}
