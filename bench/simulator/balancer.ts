/** Which ready instance takes a visit. */
import type { Random } from '../../src/models/ports.ts';
import type { Application } from './application.ts';
import type { Instances } from './instances.ts';

/** `least-busy`: the one with the fewest visits present, in turn among equals. */
export type Balancing = 'least-busy' | 'round-robin' | 'random';

export class Balancer {
  readonly #balancing: Balancing;
  readonly #instances: Instances;
  readonly #random: Random;
  readonly #turns: Int32Array;

  constructor(balancing: Balancing, instances: Instances, { services }: Application, random: Random) {
    this.#balancing = balancing;
    this.#instances = instances;
    this.#random = random;
    this.#turns = new Int32Array(services.length);
  }

  /** -1 when there is none. */
  pick(service: number, ready: readonly number[]): number {
    if (ready.length < 2) return ready.length === 0 ? -1 : ready[0]!;
    if (this.#balancing === 'random') return ready[Math.floor(this.#random() * ready.length)]!;
    const turn = this.#turns[service]!++ % ready.length;
    if (this.#balancing === 'round-robin') return ready[turn]!;
    return this.#leastBusy(ready, turn);
  }

  #leastBusy(ready: readonly number[], turn: number): number {
    const { present } = this.#instances;
    let best = ready[turn]!;
    for (let step = 1; step < ready.length; step++) {
      const place = turn + step;
      const instance = ready[place < ready.length ? place : place - ready.length]!;
      if (present[instance]! < present[best]!) best = instance;
    }
    return best;
  }
}
