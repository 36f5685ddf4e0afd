import type { TrafficStep } from '../../models/sources.ts';
import type { Rejection } from './intake-counts.ts';

/** What is wrong with the figures of a record; undefined when nothing is. */
export function faultOfRecord(
  responseTime: number,
  count: number,
  cpuSeconds: number,
): Rejection | undefined {
  if (!isDuration(responseTime)) return 'invalid-response-time';
  if (!(Number.isSafeInteger(count) && count >= 1)) return 'invalid-count';
  // NaN is how "not told" is told.
  if (!(Number.isNaN(cpuSeconds) || isDuration(cpuSeconds))) return 'invalid-cpu-seconds';
  return undefined;
}

/** The same for a step. */
export function faultOfStep(step: TrafficStep): Rejection | undefined {
  const { fromSeconds, toSeconds, errors, latencies, counts, latencySum } = step;
  if (!(fromSeconds < toSeconds)) return 'invalid-timestamp';
  if (![errors, ...counts].every(isCount) || counts.length !== latencies.length) return 'invalid-count';
  return [latencySum, ...latencies].every(isDuration) ? undefined : 'invalid-response-time';
}

export function faultOfTime(
  atSeconds: number,
  nowSeconds: number,
  windowSize: number,
  futureTolerance: number,
): Rejection | undefined {
  if (!isDuration(atSeconds)) return 'invalid-timestamp';
  if (atSeconds > nowSeconds + futureTolerance) return 'in-the-future';
  if (atSeconds < nowSeconds - windowSize) return 'too-old';
  return undefined;
}

function isCount(count: number): boolean {
  return Number.isSafeInteger(count) && count >= 0;
}

function isDuration(seconds: number): boolean {
  return Number.isFinite(seconds) && seconds >= 0;
}
