/** All instances that exist, field by field in typed arrays; places of those that ended are used again. */
import { ItemHeap, type Places } from './item-heap.ts';
import { larger } from './larger.ts';
import { VisitQueues, type Visits } from './visits.ts';

export const GONE = 0;
export const STARTING = 1;
export const READY = 2;
export const STOPPING = 3;

export class Instances {
  state = new Uint8Array(0);
  /** Counts up: the larger, the younger. */
  id = new Float64Array(0);
  service = new Int32Array(0);
  cpu = new Float64Array(0);
  memory = new Float64Array(0);
  /** 1: a roll under way will replace it. */
  outdated = new Uint8Array(0);
  startedSeconds = new Float64Array(0);
  /** Visits that arrived and did not end, and those of them that want CPU and have a thread. */
  present = new Int32Array(0);
  running = new Int32Array(0);
  /** Who waits for a thread. */
  readonly queues: VisitQueues;

  // What follows belongs to cpu-sharing.ts.
  parallelism = new Float64Array(0);
  /** Up to where the fields below are right. */
  updatedSeconds = new Float64Array(0);
  /** CPU that each visit got that has been running since it was 0. */
  virtualSeconds = new Float64Array(0);
  /** Of the period in which it last wanted CPU. */
  periodEndSeconds = new Float64Array(0);
  usedInPeriod = new Float64Array(0);
  throttled = new Uint8Array(0);
  nextEvent = new Uint8Array(0);
  cpuSeconds = new Float64Array(0);
  periods = new Float64Array(0);
  throttledPeriods = new Float64Array(0);
  throttledSeconds = new Float64Array(0);
  /** Running visits by the virtual time at which they are done. */
  readonly finishes: ItemHeap[] = [];

  /** Places in the queue of CPU events and in that of starts and ends. */
  readonly cpuPlaces: Places = { of: new Int32Array(0) };
  readonly lifePlaces: Places = { of: new Int32Array(0) };
  readonly #visits: Visits;
  #nextId = 0;
  #free: number[] = [];

  constructor(visits: Visits) {
    this.#visits = visits;
    this.queues = new VisitQueues(visits);
    this.#resize(16);
  }

  get capacity(): number {
    return this.state.length;
  }

  /** It has not wanted CPU in the CFS period that ends at `periodEndSeconds`, which is not after now. */
  add(
    service: number,
    cpu: number,
    memory: number,
    parallelism: number,
    nowSeconds: number,
    periodEndSeconds: number,
  ): number {
    if (this.#free.length === 0) this.#resize(2 * this.capacity);
    const instance = this.#free.pop()!;
    this.state[instance] = STARTING;
    this.id[instance] = this.#nextId++;
    this.service[instance] = service;
    this.cpu[instance] = cpu;
    this.memory[instance] = memory;
    this.parallelism[instance] = parallelism;
    this.startedSeconds[instance] = nowSeconds;
    this.updatedSeconds[instance] = nowSeconds;
    this.periodEndSeconds[instance] = periodEndSeconds;
    for (const field of this.#zeroed()) field[instance] = 0;
    return instance;
  }

  remove(instance: number): void {
    this.state[instance] = GONE;
    this.#free.push(instance);
  }

  #zeroed() {
    return [
      this.outdated,
      this.present,
      this.running,
      this.virtualSeconds,
      this.usedInPeriod,
      this.throttled,
      this.nextEvent,
      this.cpuSeconds,
      this.periods,
      this.throttledPeriods,
      this.throttledSeconds,
    ];
  }

  #resize(capacity: number): void {
    const before = this.capacity;
    this.state = larger(this.state, new Uint8Array(capacity));
    this.id = larger(this.id, new Float64Array(capacity));
    this.service = larger(this.service, new Int32Array(capacity));
    this.cpu = larger(this.cpu, new Float64Array(capacity));
    this.memory = larger(this.memory, new Float64Array(capacity));
    this.outdated = larger(this.outdated, new Uint8Array(capacity));
    this.startedSeconds = larger(this.startedSeconds, new Float64Array(capacity));
    this.present = larger(this.present, new Int32Array(capacity));
    this.running = larger(this.running, new Int32Array(capacity));
    this.parallelism = larger(this.parallelism, new Float64Array(capacity));
    this.updatedSeconds = larger(this.updatedSeconds, new Float64Array(capacity));
    this.virtualSeconds = larger(this.virtualSeconds, new Float64Array(capacity));
    this.periodEndSeconds = larger(this.periodEndSeconds, new Float64Array(capacity));
    this.usedInPeriod = larger(this.usedInPeriod, new Float64Array(capacity));
    this.throttled = larger(this.throttled, new Uint8Array(capacity));
    this.nextEvent = larger(this.nextEvent, new Uint8Array(capacity));
    this.cpuSeconds = larger(this.cpuSeconds, new Float64Array(capacity));
    this.periods = larger(this.periods, new Float64Array(capacity));
    this.throttledPeriods = larger(this.throttledPeriods, new Float64Array(capacity));
    this.throttledSeconds = larger(this.throttledSeconds, new Float64Array(capacity));
    this.cpuPlaces.of = larger(this.cpuPlaces.of, new Int32Array(capacity));
    this.lifePlaces.of = larger(this.lifePlaces.of, new Int32Array(capacity));
    this.queues.reserve(capacity);
    for (let instance = capacity - 1; instance >= before; instance--) {
      this.finishes[instance] = new ItemHeap(this.#visits.places);
      this.#free.push(instance);
    }
  }
}
