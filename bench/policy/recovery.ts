import { FEWEST_REQUESTS, windowsOf } from './latency-windows.ts';
import type { KnownChain } from './policy.ts';
import type { RequestLog } from './request-log.ts';

/** Finer than those an objective is judged in, so that recovery is told to 10 s. */
const FINE_SECONDS = 10;
const CALM_WINDOWS = 3;

/**
 * Time from a shock until the first of three windows of 10 s in a row in which no chain's p95 is over its SLO, s. A chain
 * with fewer than 20 requests in a window is not judged in it. The time that was left when that never happens.
 */
export function recoverySeconds(
  log: RequestLog,
  chains: readonly KnownChain[],
  shockSeconds: number,
  endSeconds: number,
): number {
  const byChain = chains.map(({ sloSeconds }, chain) =>
    windowsOf(log, chain, shockSeconds, endSeconds, FINE_SECONDS).map(
      ({ requests, p95Seconds }) => requests >= FEWEST_REQUESTS && p95Seconds > sloSeconds,
    ),
  );
  const violated = (byChain[0] ?? []).map((_, i) => byChain.some((windows) => windows[i]));
  const first = violated.findIndex((_, i) => {
    const run = violated.slice(i, i + CALM_WINDOWS);
    return run.length === CALM_WINDOWS && !run.includes(true);
  });
  return first < 0 ? endSeconds - shockSeconds : first * FINE_SECONDS;
}
