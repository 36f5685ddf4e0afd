import type { VisitInFlight } from './flights.ts';
import { MinHeap } from './min-heap.ts';

/**
 * One instance: `cores` of CPU shared equally among the visits that run on it, none of them faster than one core
 * (a visit is single-threaded). Exact, by virtual time: the clock that every visit sees runs at min(1, cores/k)
 * with k visits present, and a visit leaves when this clock has run on by its demand.
 */
export class ProcessorSharingServer {
  /** Number of this server among all event sources. */
  readonly source: number;
  readonly service: number;
  /** Core-seconds burned so far. */
  usedCoreSeconds = 0;
  #cores: number;
  #present = 0;
  #virtualSeconds = 0;
  #updatedSeconds: number;
  readonly #byFinish = new MinHeap<VisitInFlight>();

  constructor(source: number, service: number, cores: number, nowSeconds: number) {
    this.source = source;
    this.service = service;
    this.#cores = cores;
    this.#updatedSeconds = nowSeconds;
  }

  get present(): number {
    return this.#present;
  }

  resize(cores: number, nowSeconds: number): void {
    this.#advance(nowSeconds);
    this.#cores = cores;
  }

  start(visit: VisitInFlight, nowSeconds: number): void {
    this.#advance(nowSeconds);
    this.#byFinish.push(this.#virtualSeconds + visit.cpuSeconds, visit);
    this.#present++;
  }

  /** Takes a visit off the CPU that will not be finished. */
  abandon(nowSeconds: number): void {
    this.#advance(nowSeconds);
    this.#present--;
  }

  /** The visit that leaves at the time that `nextFinishSeconds` gave. */
  finish(nowSeconds: number): VisitInFlight | undefined {
    this.#advance(nowSeconds);
    this.#dropAbandoned();
    const visit = this.#byFinish.pop();
    if (visit !== undefined) this.#present--;
    return visit;
  }

  /** Infinity when nothing runs. */
  nextFinishSeconds(): number {
    this.#dropAbandoned();
    if (this.#present === 0) return Infinity;
    const left = Math.max(0, this.#byFinish.smallestKey - this.#virtualSeconds);
    return this.#updatedSeconds + left / this.#speed();
  }

  /** Brings `usedCoreSeconds` up to the present. */
  settle(nowSeconds: number): void {
    this.#advance(nowSeconds);
  }

  #advance(nowSeconds: number): void {
    const elapsed = nowSeconds - this.#updatedSeconds;
    this.#updatedSeconds = nowSeconds;
    if (this.#present === 0) return;
    this.#virtualSeconds += elapsed * this.#speed();
    this.usedCoreSeconds += elapsed * Math.min(this.#present, this.#cores);
  }

  #speed(): number {
    return Math.min(1, this.#cores / this.#present);
  }

  #dropAbandoned(): void {
    while (this.#byFinish.peek()?.state === 'abandoned') this.#byFinish.pop();
  }
}
