import { waiting } from './latency-curve.ts';
import type { PairModel } from './pair-fit.ts';
import type { ServiceModel } from './service-fit.ts';
import { demandCoresOf } from './service-load.ts';
import { SATURATED } from './utilizations.ts';
import type { WindowTable } from './window-table.ts';

/** A caller of a service in one chain, as it is known now. */
export interface Caller {
  readonly model: ServiceModel;
  readonly pair: PairModel;
  readonly table: WindowTable;
  /** Cores that one instance can use. */
  readonly parallelism: number;
}

/** What the callers of a service wait, s, in a chain's window that starts at a time; 0 where nothing is known. */
export type CallerWaits = (chain: string, startSeconds: number) => number;

/** Windows of one minute arrive one service after the other: until a caller's has, the one before stands for it, s. */
const LASTING_SECONDS = 120;

/** Mean of what the callers wait in the window: b·ρ^k/(u^η·(1−ρ)) of each, 0 of one that has no such window. */
export function meanWait(callers: readonly Caller[], startSeconds: number): number {
  let sum = 0;
  for (const caller of callers) sum += waitIn(caller, startSeconds);
  return callers.length === 0 ? 0 : sum / callers.length;
}

function waitIn({ model, pair, table, parallelism }: Caller, startSeconds: number): number {
  const row = rowFor(table, startSeconds);
  if (row < 0) return 0;
  const cpu = Math.min(table.cpus[row]!, parallelism);
  const capacity = cpu * table.instances[row]!;
  const explained = demandCoresOf(model, table, row) / capacity;
  const used = table.used[row]! / capacity;
  const utilization = Math.min(SATURATED, used > 0 ? Math.sqrt(used * explained) : explained);
  const { queueingSeconds, exponent, verticalExponent } = pair.curve;
  return (queueingSeconds * waiting(utilization, exponent)) / cpu ** verticalExponent;
}

function rowFor(table: WindowTable, startSeconds: number): number {
  const row = table.rowAt(startSeconds);
  if (row >= 0) return row;
  const before = table.rowSince(startSeconds) - 1;
  return before >= 0 && startSeconds - table.starts[before]! <= LASTING_SECONDS ? before : -1;
}
