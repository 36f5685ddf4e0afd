import type { SimulationListener } from '../simulator/system.ts';

const FIRST_CAPACITY = 1024;

/** Every request of a run as it ended, by chain: what scores are worked out from. 24 bytes a request. */
export class RequestLog implements SimulationListener {
  readonly #chains: readonly EndedRequests[];

  constructor(chains: number) {
    this.#chains = Array.from({ length: chains }, () => new EndedRequests());
  }

  onRequest(chain: number, latencySeconds: number, failed: boolean, endSeconds: number): void {
    this.#chains[chain]!.add(endSeconds - latencySeconds, endSeconds, failed ? Infinity : latencySeconds);
  }

  /** Latencies of those that ended in [from, to), in the order of their ends, s; a failed one took endlessly. */
  latencies(chain: number, fromSeconds: number, toSeconds: number): Float64Array {
    return this.#chains[chain]!.between(fromSeconds, toSeconds);
  }

  /** How many of those that arrived before that time had ended by then. */
  endedOfThoseBefore(chain: number, arrivalSeconds: number, thenSeconds: number): number {
    return this.#chains[chain]!.arrivedBefore(arrivalSeconds, thenSeconds);
  }
}

class EndedRequests {
  #count = 0;
  #arrivals = new Float64Array(FIRST_CAPACITY);
  #ends = new Float64Array(FIRST_CAPACITY);
  #latencies = new Float64Array(FIRST_CAPACITY);

  add(arrival: number, end: number, latency: number): void {
    if (this.#count === this.#ends.length) this.#grow();
    this.#arrivals[this.#count] = arrival;
    this.#ends[this.#count] = end;
    this.#latencies[this.#count] = latency;
    this.#count++;
  }

  between(from: number, to: number): Float64Array {
    return this.#latencies.subarray(this.#firstFrom(from), this.#firstFrom(to));
  }

  arrivedBefore(seconds: number, endedSeconds: number): number {
    const ended = this.#firstFrom(endedSeconds);
    let count = 0;
    for (let i = 0; i < ended; i++) if (this.#arrivals[i]! < seconds) count++;
    return count;
  }

  /** Place of the first that ended at or after that time. */
  #firstFrom(seconds: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle]! < seconds) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #grow(): void {
    this.#arrivals = doubled(this.#arrivals);
    this.#ends = doubled(this.#ends);
    this.#latencies = doubled(this.#latencies);
  }
}

function doubled(values: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * values.length);
  larger.set(values);
  return larger;
}
