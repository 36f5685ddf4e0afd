import { medianInPlace } from './medians.ts';
import type { QuantifierSettings } from './options.ts';
import type { WindowTable } from './window-table.ts';

/** Use per instance in this range around a whole number has stopped there: threads beside the main one use a little. */
const STOPPED = [0.85, 1.12] as const;
/** Only what an instance has clearly more cores than that can stop before them. */
const MOST_OF_CPU = 0.6;
const MIN_STOPPED = 5;
/** Of ten windows that have stopped, one that has gone beyond may be garbage. */
const MOST_BEYOND = 0.1;
/** Below this share of it the service is calm: its own times there are what growth is measured against. */
const CALM = 0.6;
const MIN_CALM = 3;
/** Own times grow by 1/(1−ρ) on processors that are shared; where they grow by this much more, cores lie idle. */
const MORE_THAN_EXPLAINED = 2;

/**
 * Cores that one instance can use at most, when the windows show it: the measured use per instance stops near a whole
 * number well below its cores while own times climb far more than its utilisation explains, and hardly a window goes
 * beyond. Undefined without such evidence, and again as soon as the use has gone beyond.
 */
export function learnedParallelism(
  table: WindowTable,
  count: number,
  settings: QuantifierSettings,
): number | undefined {
  const rows = measuredRows(table, count);
  if (rows.length < MIN_STOPPED + MIN_CALM) return undefined;
  const largest = Math.max(...rows.map((row) => table.cpus[row]!));
  for (let cores = 1; cores <= MOST_OF_CPU * largest; cores++) {
    if (stopsAt(table, rows, cores, settings)) return cores;
  }
  return undefined;
}

function measuredRows(table: WindowTable, count: number): number[] {
  const rows = [];
  for (let row = 0; row < count; row++) if (table.used[row]! > 0) rows.push(row);
  return rows;
}

function stopsAt(
  table: WindowTable,
  rows: readonly number[],
  cores: number,
  settings: QuantifierSettings,
): boolean {
  const per = (row: number) => table.used[row]! / table.instances[row]! / cores;
  const roomy = rows.filter((row) => cores <= MOST_OF_CPU * table.cpus[row]!);
  const stopped = roomy.filter((row) => per(row) >= STOPPED[0] && per(row) <= STOPPED[1]);
  const beyond = roomy.filter((row) => per(row) > STOPPED[1]);
  const calm = rows.filter((row) => per(row) < CALM);
  if (stopped.length < MIN_STOPPED || calm.length < MIN_CALM) return false;
  if (beyond.length > MOST_BEYOND * stopped.length) return false;
  const growth = growthOver(table, calm, settings);
  const excess = Float64Array.from(stopped, (row) => {
    const utilization = table.used[row]! / (table.instances[row]! * table.cpus[row]!);
    return growth(row) * (1 - utilization);
  }).filter((value) => value > 0);
  return excess.length >= MIN_STOPPED && medianInPlace(excess) >= MORE_THAN_EXPLAINED;
}

/** Own times of a window over the medians of the calm ones, weighted with the requests; NaN where nothing compares. */
function growthOver(
  table: WindowTable,
  calm: readonly number[],
  { minRequests }: QuantifierSettings,
): (row: number) => number {
  const usual = new Map(
    [...table.chains].map(([chain, { means, requests }]) => {
      const rows = calm.filter((row) => requests[row]! >= minRequests && means[row]! > 0);
      return [chain, medianInPlace(Float64Array.from(rows, (row) => means[row]!))];
    }),
  );
  return (row) => {
    let seconds = 0;
    let expected = 0;
    for (const [chain, { means, requests }] of table.chains) {
      const calmSeconds = usual.get(chain)!;
      if (!(calmSeconds > 0) || !(means[row]! > 0)) continue;
      seconds += requests[row]! * means[row]!;
      expected += requests[row]! * calmSeconds;
    }
    return seconds / expected;
  };
}
