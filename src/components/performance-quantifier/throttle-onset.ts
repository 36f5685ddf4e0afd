import type { WindowTable } from './window-table.ts';

/** Instances that are stopped in half of their CPU periods have no capacity left in those. */
const THROTTLED = 0.5;
const MIN_THROTTLED = 5;
/** Of the windows that the onset is to tell apart, it may be wrong about so many. */
const MOST_WRONG = 0.2;

/**
 * The measured utilisation from which on a service is throttled in half of its CPU periods, when its windows tell: under
 * CFS parallel requests use a quota up long before the mean use reaches it. It is where throttled windows are best told from
 * others by their utilisation alone. Undefined when hardly any were throttled, or the utilisation does not tell them apart.
 */
export function throttleOnset(table: WindowTable, count: number): number | undefined {
  const windows = [];
  for (let row = 0; row < count; row++) {
    const utilization = table.used[row]! / (table.cpus[row]! * table.instances[row]!);
    const ratio = table.throttled[row]!;
    if (!(utilization > 0) || Number.isNaN(ratio)) continue;
    windows.push({ utilization, isThrottled: ratio >= THROTTLED, weight: table.weights[row]! });
  }
  const throttled = windows.filter(({ isThrottled }) => isThrottled);
  if (throttled.length < MIN_THROTTLED) return undefined;
  windows.sort((left, right) => left.utilization - right.utilization);
  const total = throttled.reduce((sum, { weight }) => sum + weight, 0);
  const rest = windows.reduce((sum, { weight }) => sum + weight, 0) - total;
  // With the onset below all of them, those that were not throttled are wrong.
  let wrong = rest;
  let best = { utilization: windows[0]!.utilization, wrong };
  for (const [i, { isThrottled, weight }] of windows.entries()) {
    wrong += isThrottled ? weight : -weight;
    const next = windows[i + 1];
    if (next !== undefined && wrong < best.wrong) best = { utilization: next.utilization, wrong };
  }
  return best.wrong <= MOST_WRONG * (total + Math.min(total, rest))
    ? Math.min(1, best.utilization)
    : undefined;
}
