/**
 * All visits that are present, field by field in typed arrays; places of those that ended are used again. Also the two
 * kinds of lists that visits stand in: all of them by arrival (for the time-out), and queues.
 */
import type { Places } from './item-heap.ts';
import { larger } from './larger.ts';

/** Where a visit is. */
export const FREE = 0;
/** Waits for an instance to be ready. */
export const POOLED = 1;
/** Waits for a thread of its instance. */
export const QUEUED = 2;
export const RUNNING = 3;
/** In its own wait without CPU. */
export const WAITING = 4;
/** Waits for the visits that it caused. */
export const CALLING = 5;

export class Visits {
  state = new Uint8Array(0);
  call = new Int32Array(0);
  /** Of chance, of its request: see chance.ts. */
  requestKey = new Int32Array(0);
  /** The visit that caused it, -1: none, and that one's serial when it did. */
  parent = new Int32Array(0);
  parentSerial = new Int32Array(0);
  /** Grows when a place is used again: tells whether a parent is still the same visit. */
  serial = new Int32Array(0);
  /** -1: none yet. */
  instance = new Int32Array(0);
  arrivedSeconds = new Float64Array(0);
  /** CPU that it needs; once it is off the CPU: what it burned. */
  demandSeconds = new Float64Array(0);
  /** Negative as long as its own work is not done. */
  selfSeconds = new Float64Array(0);
  stage = new Int32Array(0);
  openCalls = new Int32Array(0);
  /** Neighbours in the list of all; `older` of the free ones is their own list. */
  older = new Int32Array(0);
  newer = new Int32Array(0);
  /** Neighbours in a queue. */
  ahead = new Int32Array(0);
  behind = new Int32Array(0);
  readonly places: Places = { of: new Int32Array(0) };
  /** -1: nobody is present. */
  oldest = -1;
  #newest = -1;
  #free = -1;

  constructor(capacity = 1024) {
    this.#resize(capacity);
  }

  get capacity(): number {
    return this.state.length;
  }

  /** A place for a visit that arrives now, as the newest of all. The caller fills the fields. */
  add(): number {
    if (this.#free < 0) this.#resize(2 * this.capacity);
    const visit = this.#free;
    this.#free = this.older[visit]!;
    this.older[visit] = this.#newest;
    this.newer[visit] = -1;
    if (this.#newest < 0) this.oldest = visit;
    else this.newer[this.#newest] = visit;
    this.#newest = visit;
    return visit;
  }

  remove(visit: number): void {
    const older = this.older[visit]!;
    const newer = this.newer[visit]!;
    if (older < 0) this.oldest = newer;
    else this.newer[older] = newer;
    if (newer < 0) this.#newest = older;
    else this.older[newer] = older;
    this.state[visit] = FREE;
    this.serial[visit] = (this.serial[visit]! + 1) | 0;
    this.older[visit] = this.#free;
    this.#free = visit;
  }

  #resize(capacity: number): void {
    const before = this.capacity;
    this.state = larger(this.state, new Uint8Array(capacity));
    this.call = larger(this.call, new Int32Array(capacity));
    this.requestKey = larger(this.requestKey, new Int32Array(capacity));
    this.parent = larger(this.parent, new Int32Array(capacity));
    this.parentSerial = larger(this.parentSerial, new Int32Array(capacity));
    this.serial = larger(this.serial, new Int32Array(capacity));
    this.instance = larger(this.instance, new Int32Array(capacity));
    this.arrivedSeconds = larger(this.arrivedSeconds, new Float64Array(capacity));
    this.demandSeconds = larger(this.demandSeconds, new Float64Array(capacity));
    this.selfSeconds = larger(this.selfSeconds, new Float64Array(capacity));
    this.stage = larger(this.stage, new Int32Array(capacity));
    this.openCalls = larger(this.openCalls, new Int32Array(capacity));
    this.older = larger(this.older, new Int32Array(capacity));
    this.newer = larger(this.newer, new Int32Array(capacity));
    this.ahead = larger(this.ahead, new Int32Array(capacity));
    this.behind = larger(this.behind, new Int32Array(capacity));
    this.places.of = larger(this.places.of, new Int32Array(capacity));
    for (let visit = capacity - 1; visit >= before; visit--) {
      this.older[visit] = this.#free;
      this.#free = visit;
    }
  }
}

/** First-in-first-out queues of visits, by number; a visit is in one of all queues at most. */
export class VisitQueues {
  length = new Int32Array(0);
  readonly #visits: Visits;
  #first = new Int32Array(0);
  #last = new Int32Array(0);

  constructor(visits: Visits) {
    this.#visits = visits;
  }

  /** Makes sure that there are so many queues. */
  reserve(queues: number): void {
    const before = this.length.length;
    if (queues <= before) return;
    this.length = larger(this.length, new Int32Array(queues));
    this.#first = larger(this.#first, new Int32Array(queues).fill(-1));
    this.#last = larger(this.#last, new Int32Array(queues).fill(-1));
  }

  add(queue: number, visit: number): void {
    const last = this.#last[queue]!;
    this.#visits.ahead[visit] = last;
    this.#visits.behind[visit] = -1;
    if (last < 0) this.#first[queue] = visit;
    else this.#visits.behind[last] = visit;
    this.#last[queue] = visit;
    this.length[queue]!++;
  }

  /** The first of a queue that is not empty. */
  take(queue: number): number {
    const first = this.#first[queue]!;
    this.remove(queue, first);
    return first;
  }

  remove(queue: number, visit: number): void {
    const ahead = this.#visits.ahead[visit]!;
    const behind = this.#visits.behind[visit]!;
    if (ahead < 0) this.#first[queue] = behind;
    else this.#visits.behind[ahead] = behind;
    if (behind < 0) this.#last[queue] = ahead;
    else this.#visits.ahead[behind] = ahead;
    this.length[queue]!--;
  }
}
