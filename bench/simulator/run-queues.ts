/**
 * The run queues of the cores of one machine, and what share of them each instance gets (Linux, kernel/sched/fair.c).
 *
 * - A thread that becomes runnable goes to the queue of the core with the fewest threads, of several to the one where its instance
 *   was last (select_task_rq_fair), and stays there until it stops being runnable: the kernel rarely moves threads
 *   within milliseconds. So two threads can share a core while another one is idle.
 * - The threads in a queue share its core by weight. All instances, as control groups, weigh the same, and the weight of one is split
 *   over its runnable threads (calc_group_shares; Documentation/scheduler/sched-design-CFS.rst, "Group scheduler extensions").
 */
export class RunQueues {
  /** By core: how many threads stand in its queue, and what they weigh together. */
  readonly #lengths: number[];
  readonly #weights: number[];
  /** By instance with runnable threads: the core of each of them. */
  readonly #places = new Map<number, number[]>();
  /** By instance: the core that a thread of it went to last. */
  readonly #last = new Map<number, number>();

  constructor(cores: number) {
    if (!(Number.isInteger(cores) && cores >= 1)) throw new RangeError(`a machine of ${cores} cores`);
    this.#lengths = new Array<number>(cores).fill(0);
    this.#weights = new Array<number>(cores).fill(0);
  }

  /** Instances with runnable threads. */
  get instances(): Iterable<number> {
    return this.#places.keys();
  }

  /** From now on this many threads of the instance are runnable; returns whether that is news. */
  setThreads(instance: number, threads: number): boolean {
    const places = this.#places.get(instance) ?? [];
    if (places.length === threads) return false;
    while (places.length < threads) this.#enter(instance, places);
    while (places.length > threads) this.#leave(places);
    if (threads > 0) this.#places.set(instance, places);
    else this.#places.delete(instance);
    this.#weigh();
    return true;
  }

  /** Cores that the threads of an instance get together. */
  cores(instance: number): number {
    const places = this.#places.get(instance) ?? [];
    let cores = 0;
    for (const core of places) cores += 1 / places.length / this.#weights[core]!;
    return cores;
  }

  #enter(instance: number, places: number[]): void {
    const lengths = this.#lengths;
    let shortest = this.#last.get(instance) ?? instance % lengths.length;
    for (const [core, length] of lengths.entries()) if (length < lengths[shortest]!) shortest = core;
    lengths[shortest]!++;
    places.push(shortest);
    this.#last.set(instance, shortest);
  }

  /** Which of the threads has nothing left to do is not known: one in the longest queue. */
  #leave(places: number[]): void {
    let longest = 0;
    for (const [thread, core] of places.entries()) {
      if (this.#lengths[core]! > this.#lengths[places[longest]!]!) longest = thread;
    }
    const [core] = places.splice(longest, 1);
    this.#lengths[core!]!--;
  }

  #weigh(): void {
    this.#weights.fill(0);
    for (const places of this.#places.values()) {
      for (const core of places) this.#weights[core]! += 1 / places.length;
    }
  }
}
