import { latencyAt } from './latency-curve.ts';
import { medianInPlace } from './medians.ts';
import type { QuantifierSettings } from './options.ts';
import type { PairModel } from './pair-fit.ts';
import type { ServiceModel } from './service-fit.ts';
import { demandCoresOf } from './service-load.ts';
import { SATURATED } from './utilizations.ts';
import type { WindowTable } from './window-table.ts';

/** What leaks in from the callers of a chain in the window that starts then, s. */
export type Leaked = (chain: string, startSeconds: number) => number;

/** A window of a service with what the model makes of its load. */
export interface LoadedWindow {
  readonly row: number;
  readonly utilization: number;
  /** Cores of one instance that count. */
  readonly cpu: number;
}

/** Within so much of a utilisation, and this factor of a size, windows have the same load. */
export const SAME_UTILIZATION = 0.05;
const SAME_SIZE = 1.1;
/** So many windows count as one that was on the curve. */
const CURVE_WEIGHT = 0.5;

export function loadOf(
  model: ServiceModel,
  table: WindowTable,
  row: number,
  parallelism: number,
): LoadedWindow {
  const cpu = Math.min(table.cpus[row]!, parallelism);
  return { row, cpu, utilization: demandCoresOf(model, table, row) / (cpu * table.instances[row]!) };
}

/** The windows before row `end` that had the same load on instances of the same size. */
export function likeWindows(
  model: ServiceModel,
  table: WindowTable,
  end: number,
  parallelism: number,
  { utilization, cpu }: LoadedWindow,
): readonly LoadedWindow[] {
  const found: LoadedWindow[] = [];
  for (let row = 0; row < end; row++) {
    const size = Math.min(table.cpus[row]!, parallelism) / cpu;
    if (size > SAME_SIZE || size < 1 / SAME_SIZE) continue;
    const load = loadOf(model, table, row, parallelism);
    if (load.utilization >= SATURATED) continue;
    if (Math.abs(load.utilization - utilization) <= SAME_UTILIZATION) found.push(load);
  }
  return found;
}

/**
 * How far a chain's latency in windows of one load usually is from the curve, as a logarithm; undefined where none has a usable
 * one. No curve of the family is right everywhere, least of all while it is young, and what it is off at a load
 * that has been measured is no news there.
 */
export function usualResidual(
  windows: readonly LoadedWindow[],
  table: WindowTable,
  chain: string,
  { curve }: PairModel,
  leaked: Leaked,
  settings: QuantifierSettings,
): number | undefined {
  const residuals: number[] = [];
  for (const { row, utilization, cpu } of windows) {
    const seconds = usableLatency(table, chain, row, settings);
    if (seconds === undefined) continue;
    const expected = latencyAt(curve, utilization, cpu) + leaked(chain, table.starts[row]!);
    residuals.push(Math.log(seconds / expected));
  }
  const count = residuals.length;
  if (count === 0) return undefined;
  return (medianInPlace(Float64Array.from(residuals)) * count) / (count + CURVE_WEIGHT);
}

/** s; undefined where there are too few requests or too many errors. */
export function usableLatency(
  table: WindowTable,
  chain: string,
  row: number,
  { minRequestsPerWindow, maxErrorRatio }: QuantifierSettings,
): number | undefined {
  const columns = table.chains.get(chain);
  if (columns === undefined || columns.requests[row]! < minRequestsPerWindow) return undefined;
  const seconds = columns.percentiles[row]!;
  return columns.errorRatios[row]! <= maxErrorRatio && seconds > 0 ? seconds : undefined;
}
