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
 * Where all instances run on one machine with fewer cores than they want, each gets the same share of them, or what it wants if
 * that is less (max-min fairness): control groups of equal weight, as containers are by default.
 *
 * Nothing happens at the end of a period by itself: with a constant rate until the next event, when the quota will be
 * used up follows from arithmetic, and idle or unlimited instances cost no events.
 */
import type { Instances } from './instances.ts';
import { ItemHeap } from './item-heap.ts';

export const PERIOD_SECONDS = 0.1;
/** Numbers of this size are rounding. */
const NOTHING = 1e-9;

/** What an instance does next by itself. */
export const FINISH = 0;
export const EXHAUST = 1;
export const REFILL = 2;

export class CpuSharing {
  /** All instances, by the time of what they do next; Infinity: nothing. */
  readonly events: ItemHeap;
  readonly #instances: Instances;
  readonly #hostCores: number;
  /** By instance: threads that want a core now; only kept where cores are scarce. */
  readonly #wanted = new Map<number, number>();
  /** What no instance gets more of, cores. */
  #hostLevel = Infinity;

  /** `hostCores`: of the machine that all instances run on. */
  constructor(instances: Instances, hostCores = Infinity) {
    this.#instances = instances;
    this.#hostCores = hostCores;
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
    this.#instances.throttled[instance] = 1;
  }

  refill(instance: number, nowSeconds: number): void {
    const all = this.#instances;
    this.settle(instance, nowSeconds);
    all.throttled[instance] = 0;
    all.throttledPeriods[instance]!++;
    if (all.running[instance]! > 0) all.periods[instance]! += this.#enterPeriod(instance, nowSeconds);
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
    if (this.#hostCores < Infinity) this.#shareHost(instance);
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
    const rate = Math.min(threads, this.#hostLevel);
    const work = elapsed * rate;
    all.cpuSeconds[instance]! += work;
    all.virtualSeconds[instance]! += work / running;
    if (nowSeconds < all.periodEndSeconds[instance]!) {
      all.usedInPeriod[instance]! += work;
      return;
    }
    all.periods[instance]! += this.#enterPeriod(instance, nowSeconds);
    const since = nowSeconds - (all.periodEndSeconds[instance]! - PERIOD_SECONDS);
    all.usedInPeriod[instance] = since > 0 ? since * rate : 0;
  }

  /** The instance has changed: everybody goes on with the share that this leaves. */
  #shareHost(instance: number): void {
    const all = this.#instances;
    const isRunning = all.running[instance]! > 0 && all.throttled[instance] === 0;
    if (isRunning) this.#wanted.set(instance, Math.min(all.running[instance]!, all.parallelism[instance]!));
    else this.#wanted.delete(instance);
    const level = fairLevel([...this.#wanted.values()], this.#hostCores);
    if (level === this.#hostLevel) return;
    const now = all.updatedSeconds[instance]!;
    for (const other of this.#wanted.keys()) this.settle(other, now);
    this.#hostLevel = level;
    for (const other of this.#wanted.keys()) this.events.set(other, this.#nextEventSeconds(other));
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
  }

  /** Goes on to the period that `nowSeconds` is in, with nothing used; returns how many periods later that is. */
  #enterPeriod(instance: number, nowSeconds: number): number {
    const all = this.#instances;
    const passed = Math.floor((nowSeconds - all.periodEndSeconds[instance]!) / PERIOD_SECONDS) + 1;
    all.periodEndSeconds[instance]! += passed * PERIOD_SECONDS;
    all.usedInPeriod[instance] = 0;
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
    const rate = Math.min(running, parallelism, this.#hostLevel);
    const left = all.finishes[instance]!.firstKey - all.virtualSeconds[instance]!;
    const finish = left > 0 ? now + (left * running) / rate : now;
    all.nextEvent[instance] = FINISH;
    const cpu = all.cpu[instance]!;
    if (cpu >= parallelism) return finish;
    const quota = cpu * PERIOD_SECONDS;
    const unused = quota - all.usedInPeriod[instance]!;
    let exhaust = unused > 0 ? now + unused / rate : now;
    if (exhaust >= end - NOTHING) exhaust = rate > cpu ? end + quota / rate : Infinity;
    if (finish <= exhaust + NOTHING) return finish;
    all.nextEvent[instance] = EXHAUST;
    return exhaust;
  }
}

/** The level to which water rises: what each gets at most, so that all together get what there is; Infinity when that is enough. */
function fairLevel(wanted: number[], cores: number): number {
  wanted.sort((a, b) => a - b);
  let left = cores;
  for (const [place, cpu] of wanted.entries()) {
    const share = left / (wanted.length - place);
    if (cpu > share) return share;
    left -= cpu;
  }
  return Infinity;
}
