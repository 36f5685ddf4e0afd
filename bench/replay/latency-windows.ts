import { percentile } from './statistics.ts';

/** Width of the windows in which an objective is judged, s. */
export const WINDOW_SECONDS = 60;

/** Windows with fewer requests say nothing about a 95th percentile. */
export const FEWEST_REQUESTS = 20;

export interface LatencyWindow {
  readonly startSeconds: number;
  readonly requests: number;
  /** Nearest rank, s; a failed request counts as endlessly slow. */
  readonly p95Seconds: number;
}

export interface ChainScore {
  readonly chain: string;
  readonly sloSeconds: number;
  readonly requests: number;
  readonly failed: number;
  /** Share of requests over the SLO or failed. */
  readonly requestsOverSlo: number;
  /** Windows with enough requests, and the share of them whose p95 was over the SLO. */
  readonly windows: number;
  readonly windowsOverSlo: number;
  /** Median and highest p95 of these windows, s. */
  readonly medianP95Seconds: number;
  readonly highestP95Seconds: number;
}

/** End-to-end samples of one chain, judged in windows of simulated time. Samples come in order of completion. */
export class LatencyWindows {
  readonly #chain: string;
  readonly #sloSeconds: number;
  readonly #closed: LatencyWindow[] = [];
  #open: number[] = [];
  #openStart = 0;
  #requests = 0;
  #failed = 0;
  #over = 0;

  constructor(chain: string, sloSeconds: number) {
    this.#chain = chain;
    this.#sloSeconds = sloSeconds;
  }

  add(responseSeconds: number, completedSeconds: number, failed: boolean): void {
    this.closeUntil(completedSeconds);
    this.#requests++;
    if (failed) this.#failed++;
    if (failed || responseSeconds > this.#sloSeconds) this.#over++;
    this.#open.push(failed ? Infinity : responseSeconds);
  }

  /** Closes the windows that end at or before this time. */
  closeUntil(seconds: number): void {
    while (this.#openStart + WINDOW_SECONDS <= seconds) {
      const requests = this.#open.length;
      this.#closed.push({
        startSeconds: this.#openStart,
        requests,
        p95Seconds: percentile(this.#open, 0.95),
      });
      this.#open = [];
      this.#openStart += WINDOW_SECONDS;
    }
  }

  /** All closed windows, also those with few requests or none. */
  get closed(): readonly LatencyWindow[] {
    return this.#closed;
  }

  score(): ChainScore {
    const judged = this.#closed.filter(({ requests }) => requests >= FEWEST_REQUESTS);
    const p95s = judged.map(({ p95Seconds }) => p95Seconds).sort((a, b) => a - b);
    const over = p95s.filter((latency) => latency > this.#sloSeconds).length;
    return {
      chain: this.#chain,
      sloSeconds: this.#sloSeconds,
      requests: this.#requests,
      failed: this.#failed,
      requestsOverSlo: ratio(this.#over, this.#requests),
      windows: judged.length,
      windowsOverSlo: ratio(over, judged.length),
      medianP95Seconds: p95s[Math.floor(p95s.length / 2)] ?? Number.NaN,
      highestP95Seconds: p95s.at(-1) ?? Number.NaN,
    };
  }
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
