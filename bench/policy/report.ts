import type { PolicyResult, ScoredPolicy } from './evaluate.ts';

export interface CellReport {
  readonly application: string;
  readonly trace: string;
  readonly scenario?: string;
  readonly requests: number;
  readonly wall_seconds: number;
  readonly lower_bound_core_hours: number | null;
  readonly policies: readonly Omit<PolicyResult, 'series' | 'capacities'>[];
}

/** The bound that all others are measured against. */
const LOWEST = 'clairvoyant';

/** Null when the bound was not run. */
export function lowerBoundOf(results: readonly PolicyResult[]): number | null {
  return results.filter(isScored).find(({ name }) => name === LOWEST)?.core_hours ?? null;
}

export function isScored(result: PolicyResult): result is ScoredPolicy {
  return !('error' in result);
}

export function withoutSeries(result: PolicyResult): Omit<PolicyResult, 'series' | 'capacities'> {
  if (!isScored(result)) return result;
  const { series: _, capacities: __, ...rest } = result;
  return rest;
}

export function titleOf({
  application,
  trace,
  scenario,
  requests,
  wall_seconds: seconds,
}: CellReport): string {
  const what = scenario === undefined ? trace : `${trace}, ${scenario}`;
  return `${application} under ${what}: ${requests} requests, ${seconds.toFixed(1)} s`;
}

/** One line as soon as a policy is done; its figures are in the table. */
export function progressOf(result: PolicyResult): string {
  const seconds = `${result.wall_seconds.toFixed(1)} s`;
  if (!isScored(result)) return `${result.name}: failed after ${seconds}: ${result.error}`;
  const cost = `${result.core_hours.toFixed(3)} core-hours`;
  const over = `${(100 * result.violating_windows_ratio).toFixed(2)} % of windows over`;
  return `${result.name}: ${cost}, ${over}, ${seconds} for ${result.tuning_runs + 1} runs`;
}

const COLUMNS = [
  'policy',
  'core-hours',
  '× bound',
  'windows over',
  'requests over',
  'utilisation',
  'changes',
  'restarts',
  'recovery s',
  'wall s',
];

/** One row a policy, columns aligned. */
export function tableOf(results: readonly PolicyResult[]): string {
  const bound = lowerBoundOf(results);
  const rows = [
    COLUMNS,
    ...results.map((result) => (isScored(result) ? scoredRow(result, bound) : failedRow(result))),
  ];
  const widths = COLUMNS.map((_, column) =>
    Math.max(...rows.map((row) => (row.length > 2 ? row[column]!.length : 0))),
  );
  const nameWidth = Math.max(...rows.map((row) => row[0]!.length));
  return rows
    .map(([name, ...cells]) =>
      [
        name!.padEnd(nameWidth),
        ...cells.map((cell, i) => (cells.length > 1 ? cell.padStart(widths[i + 1]!) : cell)),
      ].join('  '),
    )
    .join('\n');
}

function scoredRow(result: ScoredPolicy, bound: number | null): string[] {
  const percent = (ratio: number) => `${(100 * ratio).toFixed(2)} %`;
  return [
    result.name,
    result.core_hours.toFixed(3),
    bound === null ? '-' : (result.core_hours / bound).toFixed(2),
    percent(result.violating_windows_ratio),
    percent(result.violating_requests_ratio),
    percent(result.utilization),
    String(result.changes),
    String(result.restarts),
    result.recovery_seconds === null ? '-' : result.recovery_seconds.toFixed(0),
    result.wall_seconds.toFixed(1),
  ];
}

function failedRow({ name, error }: { readonly name: string; readonly error: string }): string[] {
  return [name, `failed: ${error}`];
}
