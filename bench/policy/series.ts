import { FEWEST_REQUESTS, WINDOW_SECONDS, windowsOf } from './latency-windows.ts';
import { type RecordedRun, usedBetween } from './recorded-run.ts';
import type { JudgedCell } from './scores.ts';

/** A run by the minute, for plots. The arrays are as long as one another. */
export interface Series {
  readonly window_seconds: number;
  /** Arrivals of all chains. */
  readonly requests_per_second: readonly number[];
  readonly allocated_cores: readonly number[];
  /** Of the chain that has most of it; null: nothing was answered, or more failed than the percentile leaves room for. */
  readonly worst_p95_over_slo: readonly (number | null)[];
}

export function seriesOf(run: RecordedRun, cell: JudgedCell): Series {
  const minutes = Array.from({ length: Math.floor(cell.durationSeconds / WINDOW_SECONDS) }, (_, i) => i);
  const worst = minutes.map(() => Number.NEGATIVE_INFINITY);
  cell.chains.forEach(({ sloSeconds }, chain) => {
    windowsOf(run.log, chain, 0, cell.durationSeconds, WINDOW_SECONDS).forEach((window, minute) => {
      if (window.requests >= FEWEST_REQUESTS) {
        worst[minute] = Math.max(worst[minute]!, window.p95Seconds / sloSeconds);
      }
    });
  });
  return {
    window_seconds: WINDOW_SECONDS,
    requests_per_second: requestsPerSecond(cell, minutes.length),
    allocated_cores: minutes.map((minute) => {
      const start = minute * WINDOW_SECONDS;
      return usedBetween(run, start, start + WINDOW_SECONDS).coreSeconds / WINDOW_SECONDS;
    }),
    worst_p95_over_slo: worst.map((ratio) => (Number.isFinite(ratio) ? ratio : null)),
  };
}

function requestsPerSecond({ arrivals }: JudgedCell, minutes: number): number[] {
  const counts = new Array<number>(minutes).fill(0);
  for (const time of arrivals.timesSeconds) {
    const minute = Math.floor(time / WINDOW_SECONDS);
    if (minute < minutes) counts[minute]! += 1 / WINDOW_SECONDS;
  }
  return counts;
}
