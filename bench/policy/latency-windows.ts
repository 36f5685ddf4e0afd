import type { RequestLog } from './request-log.ts';

/** Width of the windows in which an objective is judged, s. */
export const WINDOW_SECONDS = 60;

/** Windows with fewer requests say nothing about a 95th percentile. */
export const FEWEST_REQUESTS = 20;

/** Requests of one chain that ended in [start, start + width). */
export interface LatencyWindow {
  readonly startSeconds: number;
  readonly requests: number;
  /** Nearest rank, s; a failed request took endlessly. NaN without requests. */
  readonly p95Seconds: number;
}

/** The whole windows in [from, to), the first one begins at `from`. */
export function windowsOf(
  log: RequestLog,
  chain: number,
  fromSeconds: number,
  toSeconds: number,
  widthSeconds: number,
): LatencyWindow[] {
  const count = Math.floor((toSeconds - fromSeconds) / widthSeconds + 1e-9);
  return Array.from({ length: count }, (_, i) => {
    const startSeconds = fromSeconds + i * widthSeconds;
    const latencies = log.latencies(chain, startSeconds, startSeconds + widthSeconds);
    return { startSeconds, requests: latencies.length, p95Seconds: percentiles(latencies, 0.95)[0]! };
  });
}

/** Nearest ranks; NaN without values. */
export function percentiles(values: Float64Array, ...fractions: readonly number[]): number[] {
  const sorted = values.slice().sort();
  return fractions.map(
    (fraction) => sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? Number.NaN,
  );
}
