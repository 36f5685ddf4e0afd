import type { TrafficIntake } from '../../../src/models/ports.ts';
import type { SimulationListener } from '../../simulator/system.ts';

/** Service of a record that is an end-to-end sample. */
const END_TO_END = -1;

/** Ids of services and chains by index. */
export interface Names {
  readonly services: readonly string[];
  readonly chains: readonly string[];
}

/**
 * Records on their way from the services to the daemon: a ring over typed arrays, since there are millions. They come in
 * the order of their ends and are delivered in it.
 */
export class RecordQueue implements SimulationListener {
  #services = new Int16Array(1024);
  #chains = new Uint16Array(1024);
  #failed = new Uint8Array(1024);
  #times = new Float64Array(1024);
  #ends = new Float64Array(1024);
  #first = 0;
  #count = 0;

  get waiting(): number {
    return this.#count;
  }

  onVisit(
    service: number,
    chain: number,
    selfSeconds: number,
    _totalSeconds: number,
    _cpuSeconds: number,
    failed: boolean,
    endSeconds: number,
  ): void {
    this.#push(service, chain, selfSeconds, failed, endSeconds);
  }

  onRequest(chain: number, latencySeconds: number, failed: boolean, endSeconds: number): void {
    this.#push(END_TO_END, chain, latencySeconds, failed, endSeconds);
  }

  /** Hands over what ended by then; `epochSeconds` is the Unix time of the simulation's start. */
  deliver(untilSeconds: number, intake: TrafficIntake, names: Names, epochSeconds: number): void {
    const mask = this.#ends.length - 1;
    while (this.#count > 0 && this.#ends[this.#first]! <= untilSeconds) {
      const at = this.#first;
      const chain = names.chains[this.#chains[at]!]!;
      const failed = this.#failed[at] === 1;
      const end = epochSeconds + this.#ends[at]!;
      if (this.#services[at] === END_TO_END) intake.recordEndToEnd(chain, this.#times[at]!, failed, end);
      else intake.recordRequest(names.services[this.#services[at]!]!, chain, this.#times[at]!, failed, end);
      this.#first = (at + 1) & mask;
      this.#count -= 1;
    }
  }

  #push(service: number, chain: number, seconds: number, failed: boolean, endSeconds: number): void {
    if (this.#count === this.#ends.length) this.#grow();
    const at = (this.#first + this.#count) & (this.#ends.length - 1);
    this.#services[at] = service;
    this.#chains[at] = chain;
    this.#failed[at] = failed ? 1 : 0;
    this.#times[at] = seconds;
    this.#ends[at] = endSeconds;
    this.#count += 1;
  }

  /** To twice the length, a power of two again; the oldest comes first then. */
  #grow(): void {
    const length = 2 * this.#ends.length;
    this.#services = unrolled(this.#services, new Int16Array(length), this.#first);
    this.#chains = unrolled(this.#chains, new Uint16Array(length), this.#first);
    this.#failed = unrolled(this.#failed, new Uint8Array(length), this.#first);
    this.#times = unrolled(this.#times, new Float64Array(length), this.#first);
    this.#ends = unrolled(this.#ends, new Float64Array(length), this.#first);
    this.#first = 0;
  }
}

type Ring = Int16Array | Uint16Array | Uint8Array | Float64Array;

function unrolled<T extends Ring>(ring: T, into: T, first: number): T {
  into.set(ring.subarray(first));
  into.set(ring.subarray(0, first), ring.length - first);
  return into;
}
