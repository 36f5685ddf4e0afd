import type { Kernels, Place } from './kernels.ts';

/** Numbers in a cache line. */
const LINE = 16;

/** Hands out places of the kernels' memory one after the other, each at the start of a cache line. Nothing is given back. */
export class Arena {
  readonly #kernels: Kernels;
  #next: Place;

  /** Starts where `after` ends, so that several arenas can share what lies there when only one is in use at a time. */
  constructor(kernels: Kernels, after?: Arena) {
    this.#kernels = kernels;
    this.#next = after === undefined ? kernels.reserved : after.end;
  }

  get end(): Place {
    return this.#next;
  }

  take(length: number): Place {
    const place = this.#next;
    this.#next = place + Math.ceil(length / LINE) * LINE;
    this.#kernels.reserve(this.#next);
    return place;
  }
}
