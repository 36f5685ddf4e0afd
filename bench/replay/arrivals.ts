import type { Random } from '../../src/models/ports.ts';
import { unitExponential } from './random-variates.ts';

/** Requests per second, constant within each bucket. */
export interface RateTrace {
  readonly bucketSeconds: number;
  readonly ratesPerSecond: Float64Array;
}

export function traceSeconds(trace: RateTrace): number {
  return trace.bucketSeconds * trace.ratesPerSecond.length;
}

/**
 * Arrival times of a Poisson process whose rate follows the trace, open loop: nobody waits for an answer before
 * sending. By time change: the cumulative rate between two arrivals is exponential with mean 1.
 */
export class PoissonArrivals {
  readonly #trace: RateTrace;
  readonly #random: Random;
  #nowSeconds = 0;

  constructor(trace: RateTrace, random: Random) {
    this.#trace = trace;
    this.#random = random;
  }

  /** Seconds from the start of the trace; Infinity after its end. */
  next(): number {
    const { bucketSeconds, ratesPerSecond } = this.#trace;
    let remaining = unitExponential(this.#random);
    let bucket = Math.floor(this.#nowSeconds / bucketSeconds);
    while (bucket < ratesPerSecond.length) {
      const rate = ratesPerSecond[bucket]!;
      const end = (bucket + 1) * bucketSeconds;
      const inBucket = rate * (end - this.#nowSeconds);
      if (inBucket > remaining) {
        this.#nowSeconds += remaining / rate;
        return this.#nowSeconds;
      }
      remaining -= inBucket;
      this.#nowSeconds = end;
      bucket++;
    }
    return Infinity;
  }
}
