/** End-to-end latencies of one stretch of a run, by chain and window, and how they stand to the objectives. */

/** Windows with fewer requests of a chain are not judged. */
export const LEAST_REQUESTS = 20;

export class WindowLatencies {
  readonly #windowSeconds: number;
  readonly #fromSeconds: number;
  readonly #latencies: number[][][];

  constructor(options: { fromSeconds: number; toSeconds: number; windowSeconds: number; chains: number }) {
    const { fromSeconds, toSeconds, windowSeconds, chains } = options;
    this.#fromSeconds = fromSeconds;
    this.#windowSeconds = windowSeconds;
    const windows = Math.ceil((toSeconds - fromSeconds) / windowSeconds - 1e-9);
    this.#latencies = Array.from({ length: chains }, () => Array.from({ length: windows }, () => []));
  }

  get windows(): number {
    return this.#latencies[0]?.length ?? 0;
  }

  /** Counts nothing that ended outside of the stretch. A failed request is a late one. */
  add(chain: number, latencySeconds: number, failed: boolean, endSeconds: number): void {
    const window = Math.floor((endSeconds - this.#fromSeconds) / this.#windowSeconds);
    this.#latencies[chain]?.[window]?.push(failed ? Number.POSITIVE_INFINITY : latencySeconds);
  }

  /** p95 of a chain in a window, s; 0 with too few requests to judge. */
  p95(chain: number, window: number): number {
    const latencies = this.#latencies[chain]?.[window] ?? [];
    if (latencies.length < LEAST_REQUESTS) return 0;
    const sorted = Float64Array.from(latencies).sort();
    return sorted[Math.ceil(0.95 * sorted.length) - 1]!;
  }
}
