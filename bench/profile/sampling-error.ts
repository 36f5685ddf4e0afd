/** How far a measured percentile is from what the same setting gives in the long run. */
import { cell, type Row, rowOf, type ServiceRows } from './measured-windows.ts';

export interface SamplingError {
  /**
   * Median relative error that a perfect prediction would have: from windows of a service with the same quota and nearly
   * the same rates. The machine's mood is in it, as it is in what is judged.
   */
  readonly median_error: number;
  /** Comparisons that it rests on. */
  readonly comparisons: number;
  /** The same without the machine's mood: from how the chains of one window move against each other. */
  readonly within_window: number;
}

/** Settings this near count as the same (a factor). */
const SAME_QUOTA = 1.03;
const SAME_RATE = 1.15;

/** Of the judged windows, with any other window as the repeat. */
export function samplingError(
  judged: readonly ServiceRows[],
  all: readonly ServiceRows[],
  requests: number,
): SamplingError {
  const isCounted = (row: Row | undefined): row is Row =>
    row !== undefined && Number(row['requests']) >= requests;
  const logRatios = judged.flatMap((window) =>
    all
      .filter((other) => other.window !== window.window && isRepeat(window, other))
      .flatMap((other) =>
        window.rows.flatMap((row) => logRatio(row, rowOf(other, row['chain']!), isCounted)),
      ),
  );
  const within = moodless(all, isCounted);
  return {
    median_error: medianOf(logRatios.flatMap(errorsOf)),
    comparisons: logRatios.length,
    within_window: medianOf(within.flatMap(errorsOf)),
  };
}

function isRepeat(a: ServiceRows, b: ServiceRows): boolean {
  if (a.service !== b.service) return false;
  if (!isNear(cell(a, 'cpu_limit_cores'), cell(b, 'cpu_limit_cores'), SAME_QUOTA)) return false;
  return a.rows.every((row) => {
    const other = rowOf(b, row['chain']!);
    return other !== undefined && isNear(Number(row['rate_rps']), Number(other['rate_rps']), SAME_RATE);
  });
}

function isNear(a: number, b: number, factor: number): boolean {
  return a <= b * factor && b <= a * factor;
}

type IsCounted = (row: Row | undefined) => row is Row;

function logRatio(row: Row, other: Row | undefined, isCounted: IsCounted): number[] {
  return isCounted(row) && isCounted(other) ? [Math.log(percentileOf(row) / percentileOf(other))] : [];
}

/** ln of the ratio of two chains' percentiles in one window, less what it is as a rule. */
function moodless(all: readonly ServiceRows[], isCounted: IsCounted): number[] {
  const ratios = new Map<string, number[]>();
  for (const { service, rows } of all) {
    for (const [i, row] of rows.entries()) {
      for (const other of rows.slice(i + 1)) {
        const key = `${service} ${row['chain']} ${other['chain']}`;
        ratios.set(key, [...(ratios.get(key) ?? []), ...logRatio(row, other, isCounted)]);
      }
    }
  }
  return [...ratios.values()].flatMap((values) => {
    const usual = medianOf(values);
    return values.map((value) => value - usual);
  });
}

/** Two measurements of one thing differ √2 times as much as either differs from the truth; it errs either way. */
function errorsOf(logRatio: number): number[] {
  const off = Math.abs(logRatio) / Math.SQRT2;
  return [Math.expm1(off), -Math.expm1(-off)];
}

function percentileOf(row: Row): number {
  return Number(row['exclusive_p95_s']);
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Number((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN).toFixed(4));
}
