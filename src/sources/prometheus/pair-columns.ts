import { classicBuckets } from './classic-buckets.ts';
import type { Bucket, RangeSeries } from './range-answer.ts';
import type { StepRange } from './range-client.ts';

/** What the answers say of one pair at one point. Rates are per second; latencies in the unit of the histogram. */
export interface PairPoint {
  readonly requests: number;
  readonly errors: number;
  /** Answered requests by latency. */
  readonly buckets: readonly Bucket[];
  /** Mean of the answered requests; NaN when only the buckets tell. */
  readonly mean: number;
  /** NaN when not asked for. */
  readonly samples: number;
}

export type Figure = 'requests' | 'errors' | 'latencySum' | 'samples';

/** The answers for one pair over a range of points, series that belong to the same pair added up. */
export class PairColumns {
  readonly #range: StepRange;
  readonly #figures: Record<Figure, number[]>;
  readonly #cumulative = new Map<number, number[]>();
  readonly #native: Bucket[][] = [];

  constructor(range: StepRange) {
    this.#range = range;
    const unknown = () => new Array<number>(range.count).fill(Number.NaN);
    this.#figures = { requests: unknown(), errors: unknown(), latencySum: unknown(), samples: unknown() };
  }

  add(figure: Figure, { values }: RangeSeries): void {
    const column = this.#figures[figure];
    for (const [at, value] of values) {
      const i = this.#indexOf(at);
      if (i === undefined || value < 0) continue;
      const before = column[i]!;
      if (Number.isNaN(before)) column[i] = value;
      else column[i] = figure === 'samples' ? Math.max(before, value) : before + value;
    }
  }

  addHistogram({ labels, values, histograms }: RangeSeries): void {
    const le = upperBound(labels['le']);
    if (le !== undefined) this.#addBucket(le, values);
    for (const [at, { sum, buckets }] of histograms) {
      const i = this.#indexOf(at);
      if (i === undefined) continue;
      const sums = this.#figures.latencySum;
      sums[i] = (Number.isNaN(sums[i]!) ? 0 : sums[i]!) + sum;
      const latencies = buckets.map((bucket) => ({ ...bucket, lower: Math.max(0, bucket.lower) }));
      this.#native[i] = [
        ...(this.#native[i] ?? []),
        ...latencies.filter(({ upper, count }) => upper >= 0 && count > 0),
      ];
    }
  }

  /** Undefined where nothing is known. `countsLatencies`: requests are not asked for by themselves. */
  point(i: number, countsLatencies: boolean): PairPoint | undefined {
    const buckets = this.#bucketsAt(i);
    const answered = buckets?.reduce((sum, { count }) => sum + count, 0);
    const errors = known(this.#figures.errors[i], 0);
    const requests = countsLatencies ? (answered ?? Number.NaN) + errors : this.#figures.requests[i]!;
    if (Number.isNaN(requests)) return undefined;
    const sum = this.#figures.latencySum[i]!;
    return {
      requests,
      errors: Math.min(errors, requests),
      buckets: buckets ?? [],
      mean: answered !== undefined && answered > 0 ? sum / answered : Number.NaN,
      samples: this.#figures.samples[i]!,
    };
  }

  #addBucket(le: number, values: RangeSeries['values']): void {
    let column = this.#cumulative.get(le);
    if (column === undefined) {
      column = new Array<number>(this.#range.count).fill(Number.NaN);
      this.#cumulative.set(le, column);
    }
    for (const [at, value] of values) {
      const i = this.#indexOf(at);
      if (i !== undefined && value >= 0) column[i] = known(column[i], 0) + value;
    }
  }

  #bucketsAt(i: number): readonly Bucket[] | undefined {
    const native = this.#native[i];
    if (native !== undefined) return native;
    const cumulative = [...this.#cumulative].flatMap(([le, column]) =>
      Number.isNaN(column[i]!) ? [] : [[le, column[i]!] as const],
    );
    return cumulative.length === 0 ? undefined : classicBuckets(cumulative);
  }

  #indexOf(atSeconds: number): number | undefined {
    const { firstSeconds, step, count } = this.#range;
    const i = Math.round((atSeconds - firstSeconds) / step);
    return i >= 0 && i < count ? i : undefined;
  }
}

function upperBound(le: string | undefined): number | undefined {
  if (le === undefined) return undefined;
  if (/^\+?Inf$/.test(le)) return Number.POSITIVE_INFINITY;
  const bound = Number(le);
  return Number.isFinite(bound) && le.trim() !== '' ? bound : undefined;
}

function known(value: number | undefined, otherwise: number): number {
  return value === undefined || Number.isNaN(value) ? otherwise : value;
}
