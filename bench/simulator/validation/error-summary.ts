/** Many comparisons in a few figures. */
import { median, medianStandardError, quantileOf } from './errors.ts';
import type { Comparison } from './measured-errors.ts';

export interface ErrorSummary {
  readonly comparisons: number;
  /** Median and 90 % quantile of |ln(simulated / measured)|. */
  readonly median_error: number;
  readonly p90_error: number;
  /** Median of the signed one, and its standard error. */
  readonly bias: number;
  readonly bias_standard_error: number;
  /** Median of what one window of 10 s is off its own long run, in the simulator. */
  readonly sampling_error: number;
  readonly median_over_sampling: number;
}

export function summarize(comparisons: readonly Comparison[]): ErrorSummary {
  const errors = comparisons.map(({ error }) => error);
  const absolute = errors.map(Math.abs);
  const scatter = comparisons.flatMap((each) => {
    // The mean of few is nearer to each of them than the truth is.
    const wider = Math.sqrt(each.scatter.length / Math.max(1, each.scatter.length - 1));
    return each.scatter.map((log) => Math.abs(log) * wider);
  });
  return {
    comparisons: errors.length,
    median_error: median(absolute),
    p90_error: quantileOf(absolute, 0.9),
    bias: median(errors),
    bias_standard_error: medianStandardError(errors),
    sampling_error: median(scatter),
    median_over_sampling: median(absolute) / median(scatter),
  };
}

/** Thirds from the lowest to the highest of what `by` gives; fewer parts where there are fewer than three. */
export function thirds(comparisons: readonly Comparison[], by: (each: Comparison) => number) {
  const sorted = [...comparisons].sort((a, b) => by(a) - by(b));
  return [0, 1, 2].flatMap((third) => {
    const begin = Math.floor((third * sorted.length) / 3);
    const part = sorted.slice(begin, Math.floor(((third + 1) * sorted.length) / 3));
    return part.length === 0 ? [] : [{ from: by(part[0]!), to: by(part.at(-1)!), ...summarize(part) }];
  });
}
