/**
 * How the visits of an instance share its CPU, under the kernel's CFS bandwidth control.
 *
 * Sharing: `n` running visits get min(1, parallelism / n) cores each (processor sharing of single-threaded visits).
 * Exact by virtual time: the CPU that each got so far; a visit is done when it has grown by the visit's demand.
 *
 * Bandwidth (Linux, Documentation/scheduler/sched-bwc.rst, and kernel/sched/fair.c for what it leaves open): in each
 * period of 100 ms the instance may burn cpu × 100 ms; when that is used up nobody in it runs until the next period.
 * - nr_periods counts the periods in which it wanted CPU, nr_throttled those that end with it throttled;
 * - throttled_time adds up over run queues (throttle_cfs_rq), which are as many as threads want to run, up to the cores;
 * - a change of the limit gives the whole new quota at once and ends the throttling (tg_set_cfs_bandwidth).
 *
 * Ticks, where there are any: that a quota is used up is noticed at the next of them. Threads overrun it until then, and what they overran
 * is paid out of the next quotas (in fair.c runtime_remaining is below zero, distribute_cfs_runtime makes up for that first and
 * lets nobody run who owes more than a quota). An instance that stops wanting CPU beyond its quota is throttled until the period ends.
 *
 * Where all instances run on one machine with few cores, its run queues say what each of them gets (run-queues.ts).
 *
 * Nothing happens at the end of a period by itself: with a constant rate until the next event, when the quota will be
 * used up follows from arithmetic, and idle or unlimited instances cost no events. Only with ticks there is an event at the end of
 * periods in which more than the quota was wanted.
 */
import type { Instances } from './instances.ts';
import { ItemHeap } from './item-heap.ts';
import { RunQueues } from './run-queues.ts';

export const PERIOD_SECONDS = 0.1;
/** Numbers of this size are rounding. */
const NOTHING = 1e-9;

/** What an instance does next by itself. */
export const FINISH = 0;
export const EXHAUST = 1;
export const REFILL = 2;

/** What the kernel of the nodes does beside sharing each instance's CPU among its visits. */
export interface Machine {
  /** Cores of the one machine that all instances run on, a whole number; default Infinity: all find a free one. */
  readonly hostCores?: number;
  /** Seconds between the ticks at which used-up quotas are noticed; default 0: at once. */
  readonly tickSeconds?: number;
}

export class CpuSharing {
  /** All instances, by the time of what they do next; Infinity: nothing. */
  readonly events: ItemHeap;
  readonly #instances: Instances;
  readonly #tickSeconds: number;
  /** Only where cores are scarce. */
  readonly #runQueues: RunQueues | undefined;
  /** By instance: cores that it has got since it was settled; only kept where they are scarce. */
  readonly #cores = new Map<number, number>();

  constructor(instances: Instances, { hostCores = Infinity, tickSeconds = 0 }: Machine = {}) {
    this.#instances = instances;
    this.#tickSeconds = tickSeconds;
    this.#runQueues = hostCores < Infinity ? new RunQueues(hostCores) : undefined;
    this.events = new ItemHeap(instances.cpuPlaces);
  }

  /** A visit wants `demand` core-seconds from now on. Schedule the instance afterwards. */
  start(instance: number, visit: number, demand: number, nowSeconds: number): void {
    const all = this.#instances;
    this.settle(instance, nowSeconds);
    if (all.running[instance] === 0) this.#wake(instance, nowSeconds);
    all.running[instance]!++;
    all.finishes[instance]!.push(all.virtualSeconds[instance]! + demand, visit);
  }

  /** The visit that is done now. Schedule the instance afterwards. */
  finish(instance: number, nowSeconds: number): number {
    const all = this.#instances;
    this.settle(instance, nowSeconds);
    const finishes = all.finishes[instance]!;
    all.virtualSeconds[instance] = finishes.firstKey;
    const visit = finishes.pop();
    this.#leave(instance);
    return visit;
  }

  /** Takes a visit off the CPU; returns what it would still have needed, core-seconds. Schedule the instance afterwards. */
  cancel(instance: number, visit: number, nowSeconds: number): number {
    const all = this.#instances;
    this.settle(instance, nowSeconds);
    const finishes = all.finishes[instance]!;
    const left = finishes.keyOf(visit) - all.virtualSeconds[instance]!;
    finishes.remove(visit);
    this.#leave(instance);
    return Math.max(0, left);
  }

  exhaust(instance: number, nowSeconds: number): void {
    this.settle(instance, nowSeconds);
    // With ticks the period may have ended before one came.
    if (this.#tickSeconds > 0) this.#throttleUsedUp(instance);
    else this.#instances.throttled[instance] = 1;
  }

  refill(instance: number, nowSeconds: number): void {
    const all = this.#instances;
    this.settle(instance, nowSeconds);
    all.throttled[instance] = 0;
    all.throttledPeriods[instance]!++;
    if (all.running[instance] === 0) return;
    all.periods[instance]! += this.#enterPeriod(instance, nowSeconds);
    this.#throttleUsedUp(instance);
  }

  limit(instance: number, cpu: number, nowSeconds: number): void {
    const all = this.#instances;
    if (all.cpu[instance] === cpu) return;
    this.settle(instance, nowSeconds);
    all.cpu[instance] = cpu;
    all.usedInPeriod[instance] = 0;
    all.throttled[instance] = 0;
    this.schedule(instance);
  }

  /** Puts what the instance does next into the queue of events. */
  schedule(instance: number): void {
    if (this.#tickSeconds > 0) this.#throttleIdle(instance);
    if (this.#runQueues !== undefined) this.#queue(instance, this.#runQueues);
    this.events.set(instance, this.#nextEventSeconds(instance));
  }

  /** Brings everything that the instance counts up to the present. */
  settle(instance: number, nowSeconds: number): void {
    const all = this.#instances;
    const elapsed = nowSeconds - all.updatedSeconds[instance]!;
    if (elapsed === 0) return;
    all.updatedSeconds[instance] = nowSeconds;
    const running = all.running[instance]!;
    if (running === 0) return;
    const parallelism = all.parallelism[instance]!;
    const threads = Math.min(running, parallelism);
    if (all.throttled[instance] === 1) {
      all.throttledSeconds[instance]! += elapsed * threads;
      return;
    }
    const rate = this.#runQueues === undefined ? threads : this.#cores.get(instance)!;
    const work = elapsed * rate;
    all.cpuSeconds[instance]! += work;
    all.virtualSeconds[instance]! += work / running;
    if (nowSeconds < all.periodEndSeconds[instance]!) {
      all.usedInPeriod[instance]! += work;
      return;
    }
    all.usedInPeriod[instance]! += work - (nowSeconds - all.periodEndSeconds[instance]!) * rate;
    all.periods[instance]! += this.#enterPeriod(instance, nowSeconds);
    const since = nowSeconds - (all.periodEndSeconds[instance]! - PERIOD_SECONDS);
    all.usedInPeriod[instance]! += since > 0 ? since * rate : 0;
  }

  /** The instance has changed: everybody goes on with the share that this leaves. */
  #queue(instance: number, queues: RunQueues): void {
    const all = this.#instances;
    const isRunnable = all.running[instance]! > 0 && all.throttled[instance] === 0;
    const threads = isRunnable ? Math.min(all.running[instance]!, all.parallelism[instance]!) : 0;
    if (!queues.setThreads(instance, threads)) return;
    const now = all.updatedSeconds[instance]!;
    for (const each of queues.instances) {
      const cores = queues.cores(each);
      if (cores === this.#cores.get(each)) continue;
      this.settle(each, now);
      this.#cores.set(each, cores);
      if (each !== instance) this.events.set(each, this.#nextEventSeconds(each));
    }
  }

  /** Where nobody wants CPU any more, nobody has to wait for a tick. */
  #throttleIdle(instance: number): void {
    const all = this.#instances;
    const isInPeriod = all.updatedSeconds[instance]! < all.periodEndSeconds[instance]!;
    if (all.running[instance] === 0 && isInPeriod) this.#throttleUsedUp(instance);
  }

  /** Only with ticks: without them nothing is used beyond the quota. */
  #throttleUsedUp(instance: number): void {
    if (this.#tickSeconds === 0) return;
    const all = this.#instances;
    const quota = all.cpu[instance]! * PERIOD_SECONDS;
    if (all.usedInPeriod[instance]! >= quota - NOTHING) all.throttled[instance] = 1;
  }

  #leave(instance: number): void {
    const all = this.#instances;
    all.running[instance]!--;
    // Begins anew, so that the sum of a long run's virtual time does not cost precision.
    if (all.running[instance] === 0) all.virtualSeconds[instance] = 0;
  }

  #wake(instance: number, nowSeconds: number): void {
    const all = this.#instances;
    if (nowSeconds < all.periodEndSeconds[instance]!) return;
    this.#enterPeriod(instance, nowSeconds);
    // Only the one that it is in: it wanted nothing in those that it slept through.
    all.periods[instance]! += 1;
    this.#throttleUsedUp(instance);
  }

  /** Goes on to the period that `nowSeconds` is in, with nothing used but what was overrun; returns how many periods later that is. */
  #enterPeriod(instance: number, nowSeconds: number): number {
    const all = this.#instances;
    const passed = Math.floor((nowSeconds - all.periodEndSeconds[instance]!) / PERIOD_SECONDS) + 1;
    all.periodEndSeconds[instance]! += passed * PERIOD_SECONDS;
    const paid = passed * all.cpu[instance]! * PERIOD_SECONDS;
    all.usedInPeriod[instance] = this.#tickSeconds > 0 ? Math.max(0, all.usedInPeriod[instance]! - paid) : 0;
    return passed;
  }

  #nextEventSeconds(instance: number): number {
    const all = this.#instances;
    const end = all.periodEndSeconds[instance]!;
    if (all.throttled[instance] === 1) {
      all.nextEvent[instance] = REFILL;
      return end;
    }
    const running = all.running[instance]!;
    if (running === 0) return Infinity;
    const now = all.updatedSeconds[instance]!;
    const parallelism = all.parallelism[instance]!;
    const rate = this.#runQueues === undefined ? Math.min(running, parallelism) : this.#cores.get(instance)!;
    const left = all.finishes[instance]!.firstKey - all.virtualSeconds[instance]!;
    const finish = left > 0 ? now + (left * running) / rate : now;
    all.nextEvent[instance] = FINISH;
    if (all.cpu[instance]! >= parallelism) return finish;
    const exhaust = this.#exhaustSeconds(instance, rate);
    if (finish <= exhaust + NOTHING) return finish;
    all.nextEvent[instance] = EXHAUST;
    return exhaust;
  }

  /** When it is throttled if it goes on at this rate, cores; Infinity: never. */
  #exhaustSeconds(instance: number, rate: number): number {
    const all = this.#instances;
    const now = all.updatedSeconds[instance]!;
    const end = all.periodEndSeconds[instance]!;
    const cpu = all.cpu[instance]!;
    const quota = cpu * PERIOD_SECONDS;
    const unused = quota - all.usedInPeriod[instance]!;
    const exhaust = unused > 0 ? now + unused / rate : now;
    if (exhaust < end - NOTHING)
      return this.#tickSeconds > 0 ? Math.min(this.#tickAfter(exhaust), end) : exhaust;
    if (rate <= cpu) return Infinity;
    // With ticks what the next period begins with has to be known first.
    return this.#tickSeconds > 0 ? end : end + quota / rate;
  }

  #tickAfter(seconds: number): number {
    return Math.ceil(seconds / this.#tickSeconds - NOTHING) * this.#tickSeconds;
  }
}
