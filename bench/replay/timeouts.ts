import type { VisitInFlight } from './flights.ts';

/** Visits by the time at which they have taken too long. All wait equally long, so a queue is enough. */
export class Timeouts {
  readonly #afterSeconds: number;
  #queue: VisitInFlight[] = [];
  #head = 0;

  constructor(afterSeconds: number) {
    this.#afterSeconds = afterSeconds;
  }

  push(visit: VisitInFlight): void {
    this.#queue.push(visit);
  }

  /** When the oldest visit that is still under way fails; Infinity without one. */
  get nextSeconds(): number {
    while (this.#head < this.#queue.length && this.#queue[this.#head]!.state === 'done') this.#head++;
    if (this.#head > 4096 && this.#head * 2 > this.#queue.length) this.#compact();
    const oldest = this.#queue[this.#head];
    return oldest === undefined ? Infinity : oldest.arrivedSeconds + this.#afterSeconds;
  }

  /** Takes out the visit that `nextSeconds` speaks of. */
  pop(): VisitInFlight | undefined {
    return this.#queue[this.#head++];
  }

  #compact(): void {
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
  }
}
