/**
 * What a run is judged by. Requests belong to the time at which they end; a failed one took endlessly; one that is still
 * unanswered at the end counts once it is older than its objective.
 */
import { jainIndex } from '../../src/control/objectives/jain-index.ts';
import type { Arrivals } from '../simulator/application.ts';
import type { Outage } from './cell-events.ts';
import {
  FEWEST_REQUESTS,
  type LatencyWindow,
  percentiles,
  WINDOW_SECONDS,
  windowsOf,
} from './latency-windows.ts';
import type { KnownChain } from './policy.ts';
import { type RecordedRun, usedBetween } from './recorded-run.ts';
import { recoverySeconds } from './recovery.ts';
import type { RequestLog } from './request-log.ts';

export interface JudgedCell {
  readonly chains: readonly KnownChain[];
  readonly arrivals: Arrivals;
  readonly durationSeconds: number;
  readonly shockSeconds: number | undefined;
  readonly outages: readonly Outage[];
}

/** As they are printed. All but `whole_run` are over the scored part of the run. */
export interface Scores {
  readonly core_hours: number;
  readonly memory_gib_hours: number;
  /** Of the 60 s windows of all chains with at least 20 requests, those whose p95 was over the SLO. */
  readonly violating_windows_ratio: number;
  /** Requests over their SLO, failed or unanswered. */
  readonly violating_requests_ratio: number;
  /** s; null: more failed than the percentile leaves room for. */
  readonly chains: Readonly<Record<string, { slo: number; p95: number | null; p99: number | null }>>;
  /** CPU used of what was allocated. */
  readonly utilization: number;
  /** Jain's index of SLO / mean latency of the answered requests over the chains. */
  readonly fairness: number | null;
  readonly changes: number;
  readonly restarts: number;
  /** From the shock on; null without one. The rest of the run if it never recovers. */
  readonly recovery_seconds: number | null;
  /** Writes that took cores or memory away while the metrics pipeline was out; null when it never is. */
  readonly shrinks_in_outage: number | null;
  readonly whole_run: { readonly core_hours: number; readonly violating_windows_ratio: number };
}

/** Scores from that time to the end of the run. */
export function scoresOf(run: RecordedRun, cell: JudgedCell, fromSeconds: number): Scores {
  const to = cell.durationSeconds;
  const used = usedBetween(run, fromSeconds, to);
  return {
    core_hours: used.coreSeconds / 3600,
    memory_gib_hours: used.mebibyteSeconds / 1024 / 3600,
    violating_windows_ratio: violatingWindowsRatio(run.log, cell, fromSeconds),
    violating_requests_ratio: violatingRequestsRatio(run.log, cell, fromSeconds),
    chains: Object.fromEntries(
      cell.chains.map(({ name, sloSeconds }, chain) => {
        const [p95, p99] = percentiles(run.log.latencies(chain, fromSeconds, to), 0.95, 0.99);
        return [name, { slo: sloSeconds, p95: finite(p95!), p99: finite(p99!) }];
      }),
    ),
    utilization: used.coreSeconds > 0 ? used.usedCoreSeconds / used.coreSeconds : 0,
    fairness: fairness(run.log, cell, fromSeconds),
    changes: used.changes,
    restarts: used.restarts,
    recovery_seconds:
      cell.shockSeconds === undefined ? null : recoverySeconds(run.log, cell.chains, cell.shockSeconds, to),
    shrinks_in_outage: shrinksInOutage(run, cell),
    whole_run: {
      core_hours: usedBetween(run, 0, to).coreSeconds / 3600,
      violating_windows_ratio: violatingWindowsRatio(run.log, cell, 0),
    },
  };
}

function shrinksInOutage(run: RecordedRun, { outages }: JudgedCell): number | null {
  if (outages.length === 0) return null;
  return outages.reduce(
    (sum, { fromSeconds, toSeconds }) => sum + usedBetween(run, fromSeconds, toSeconds).shrinks,
    0,
  );
}

/** 0 when no window can be judged. */
function violatingWindowsRatio(log: RequestLog, cell: JudgedCell, fromSeconds: number): number {
  const judged = cell.chains.flatMap((_, chain) =>
    windowsOf(log, chain, fromSeconds, cell.durationSeconds, WINDOW_SECONDS).flatMap(
      (window) => isViolated(window, log, cell, chain) ?? [],
    ),
  );
  return ratio(judged.filter(Boolean).length, judged.length);
}

/**
 * Undefined with too few requests to judge. A window in which few ended because nothing gets through is no quiet one: it
 * is violated when as many as could be judged are waiting for longer than their SLO at its end.
 */
function isViolated(
  window: LatencyWindow,
  log: RequestLog,
  cell: JudgedCell,
  chain: number,
): boolean | undefined {
  if (window.requests >= FEWEST_REQUESTS) return window.p95Seconds > cell.chains[chain]!.sloSeconds;
  const end = window.startSeconds + WINDOW_SECONDS;
  return overdue(log, cell, chain, end) >= FEWEST_REQUESTS ? true : undefined;
}

function violatingRequestsRatio(log: RequestLog, cell: JudgedCell, fromSeconds: number): number {
  let violating = 0;
  let all = 0;
  cell.chains.forEach(({ sloSeconds }, chain) => {
    const latencies = log.latencies(chain, fromSeconds, cell.durationSeconds);
    const unanswered = overdue(log, cell, chain, cell.durationSeconds);
    violating += unanswered + latencies.reduce((over, latency) => over + (latency > sloSeconds ? 1 : 0), 0);
    all += unanswered + latencies.length;
  });
  return ratio(violating, all);
}

/** Requests of a chain that are unanswered at that time and older than their objective. */
function overdue(
  log: RequestLog,
  { chains, arrivals }: JudgedCell,
  chain: number,
  atSeconds: number,
): number {
  const before = atSeconds - chains[chain]!.sloSeconds;
  let arrived = 0;
  for (let i = 0; i < arrivals.timesSeconds.length && arrivals.timesSeconds[i]! < before; i++) {
    if (arrivals.chains[i] === chain) arrived++;
  }
  return Math.max(0, arrived - log.endedOfThoseBefore(chain, before, atSeconds));
}

function fairness(
  log: RequestLog,
  { chains, durationSeconds }: JudgedCell,
  fromSeconds: number,
): number | null {
  const ratios = chains.flatMap(({ sloSeconds }, chain) => {
    const answered = log.latencies(chain, fromSeconds, durationSeconds).filter(Number.isFinite);
    if (answered.length === 0) return [];
    return [(sloSeconds * answered.length) / answered.reduce((sum, latency) => sum + latency, 0)];
  });
  return jainIndex(ratios) ?? null;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
