import type { Bucket } from './range-answer.ts';

/** Most points that the requests of one bucket are put at. */
const MOST_POINTS = 64;

/** Fractional part of the golden ratio: its multiples fill [0, 1) evenly, however many there are. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

export interface PlacedRequests {
  /** s */
  readonly latencies: readonly number[];
  readonly counts: readonly number[];
}

/**
 * Makes whole requests of the fractional counts that `increase` estimates. What is left of each bucket is carried to the
 * next step, so that no bucket is ever off by more than half a request. The requests of a bucket are spread evenly over
 * it, which is what `histogram_quantile` interpolates.
 */
export class WholeCounts {
  /** By upper bound: what is carried, and where in the bucket the next point goes. */
  readonly #buckets = new Map<number, { carried: number; phase: number }>();

  place(buckets: readonly Bucket[]): PlacedRequests {
    const latencies: number[] = [];
    const counts: number[] = [];
    for (const { lower, upper, count } of buckets) {
      const whole = this.#take(upper, count);
      if (whole === 0) continue;
      const points = Math.min(whole, MOST_POINTS);
      const phase = this.#nextPhase(upper);
      for (let i = 0; i < points; i++) {
        latencies.push(lower + (upper - lower) * ((i + phase) / points));
        counts.push(Math.floor((whole * (i + 1)) / points) - Math.floor((whole * i) / points));
      }
    }
    return { latencies, counts };
  }

  /** The same for a count without latencies, known by a key that is no bound of a bucket. */
  whole(key: number, count: number): number {
    return this.#take(key, count);
  }

  #take(key: number, count: number): number {
    const state = this.#buckets.get(key) ?? { carried: 0, phase: 0.5 };
    this.#buckets.set(key, state);
    const exact = state.carried + count;
    const whole = Math.max(0, Math.round(exact));
    state.carried = exact - whole;
    return whole;
  }

  #nextPhase(key: number): number {
    const state = this.#buckets.get(key)!;
    const { phase } = state;
    state.phase = (phase + GOLDEN) % 1;
    return phase;
  }
}
