import type { TrafficStep } from '../../models/sources.ts';
import type { PairPoint } from './pair-columns.ts';
import type { Pair } from './pairs.ts';
import type { Bucket } from './range-answer.ts';
import { WholeCounts } from './whole-counts.ts';

/** A point with fewer samples than this share of the usual number was scraped in part only. */
const LEAST_SAMPLES = 0.6;
/** What is usual is forgotten by this share at each point: the scrape interval may be changed. */
const FORGOTTEN = 0.1;

/** Requests that come to a point later than it was told are told then, once there are so many. */
const LEAST_LATE = 0.5;

/** Key of the failed requests among the bounds of the buckets. */
const ERRORS = -1;

export interface StepTime {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

interface Told {
  readonly requests: number;
  readonly errors: number;
}

/** What must be kept of a pair from one refresh to the next so that each request is told once. */
export class PairMemory {
  readonly #pair: Pair;
  readonly #unitSeconds: number;
  /** The pair was told of up to there before we began. */
  readonly #sinceSeconds: number;
  readonly #whole = new WholeCounts();
  /** What was told of the latest steps, by their ends. */
  readonly #told = new Map<number, Told>();
  #usualSamples = 0;

  constructor(pair: Pair, unitSeconds: number, sinceSeconds: number) {
    this.#pair = pair;
    this.#unitSeconds = unitSeconds;
    this.#sinceSeconds = sinceSeconds;
  }

  /** The step that the point tells of, or what it adds to one; undefined for a gap and for what is known already. */
  step(point: PairPoint, time: StepTime): TrafficStep | undefined {
    if (time.fromSeconds < this.#sinceSeconds - 1e-3 || this.#isPartlyScraped(point.samples))
      return undefined;
    const seconds = time.toSeconds - time.fromSeconds;
    const requests = point.requests * seconds;
    const errors = point.errors * seconds;
    const before = this.#told.get(time.toSeconds);
    const late = { requests: requests - (before?.requests ?? 0), errors: errors - (before?.errors ?? 0) };
    if (before !== undefined && late.requests < LEAST_LATE) return undefined;
    const failed = Math.min(late.requests, Math.max(0, late.errors));
    const answered = this.#answered(point, late.requests - failed);
    // Requests of unknown latency cannot be told of; half a one is the blur of the estimate.
    if (answered === undefined) return undefined;
    this.#told.set(time.toSeconds, { requests, errors });
    return {
      ...this.#pair,
      ...time,
      ...answered,
      errors: this.#whole.whole(ERRORS, failed),
      isLate: before !== undefined,
    };
  }

  /** Forgets the steps that will not be asked for again. */
  forgetBefore(seconds: number): void {
    for (const end of this.#told.keys()) if (end < seconds) this.#told.delete(end);
  }

  #isPartlyScraped(samples: number): boolean {
    if (Number.isNaN(samples)) return false;
    // Of the very first point nobody knows whether it was scraped in full.
    const isPart = this.#usualSamples === 0 || samples < LEAST_SAMPLES * this.#usualSamples;
    this.#usualSamples = Math.max(samples, this.#usualSamples * (1 - FORGOTTEN));
    return isPart;
  }

  #answered({ buckets, mean }: PairPoint, requests: number) {
    const total = buckets.reduce((sum, { count }) => sum + count, 0);
    if (total === 0) return requests < LEAST_LATE ? { latencies: [], counts: [], latencySum: 0 } : undefined;
    const scaled = buckets.map(
      (bucket): Bucket => ({
        lower: bucket.lower * this.#unitSeconds,
        upper: bucket.upper * this.#unitSeconds,
        count: (bucket.count / total) * requests,
      }),
    );
    const { latencies, counts } = this.#whole.place(scaled);
    const placed = counts.reduce((sum, count) => sum + count, 0);
    const placedSum = counts.reduce((sum, count, i) => sum + count * latencies[i]!, 0);
    const latencySum = isMeanOf(mean, buckets) ? mean * this.#unitSeconds * placed : placedSum;
    return { latencies, counts, latencySum };
  }
}

/** A sum that does not fit its buckets (counter reset between the two) is not used. */
function isMeanOf(mean: number, buckets: readonly Bucket[]): boolean {
  const filled = buckets.filter(({ count }) => count > 0);
  const lowest = Math.min(...filled.map(({ lower }) => lower));
  // What is above the highest bound may be any slow.
  const isOpen = filled.some(({ lower, upper }) => lower === upper);
  return mean >= lowest && (isOpen || mean <= Math.max(...filled.map(({ upper }) => upper)));
}
