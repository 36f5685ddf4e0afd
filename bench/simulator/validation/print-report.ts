/** The validation as tables for people. */
import type { ErrorSummary } from './error-summary.ts';
import type { MeasuredReport } from './measured-report.ts';
import type { CaseResult } from './queue-case.ts';
import type { QuotaResult } from './quota-cases.ts';

export function printQueues(cases: readonly CaseResult[]): void {
  line(['queue', 'figure', 'theory', 'simulated', 'off', '95 % of it']);
  for (const { name, figures } of cases) {
    for (const { name: figure, expected, simulated, error, half_width } of figures) {
      const numbers = [expected, simulated].map((value) => value.toPrecision(4));
      line([name, figure, ...numbers, percent(error), `± ${percent(half_width)}`]);
    }
  }
}

export function printQuotas(results: readonly QuotaResult[]): void {
  line(['quota, cores', 'threads', 'demand, s', 'arithmetic, s', 'simulated, s']);
  for (const { cpu, threads, demandSeconds, expected_seconds, simulated_seconds } of results) {
    line([cpu, threads, demandSeconds, expected_seconds.toFixed(6), simulated_seconds.toFixed(6)]);
  }
}

export function printMeasured(report: MeasuredReport): void {
  line(['measured windows', 'compared', 'median |ln|', 'p90', 'bias', 'sampling', 'median/sampling']);
  for (const [name, part] of [
    ['self', report.self],
    ['end to end', report.end_to_end],
  ] as const) {
    summary(name, part);
    for (const by of ['by_utilization', 'by_quota', 'by_host_cores'] as const) {
      for (const third of part[by]) {
        summary(`  ${by.slice(3)} ${third.from.toFixed(2)} to ${third.to.toFixed(2)}`, third);
      }
    }
  }
  for (const [name, part] of Object.entries({ ...report.by_service, ...report.by_chain }))
    summary(name, part);
  for (const [name, { self, end_to_end }] of Object.entries(report.variants)) {
    summary(`${name}: self`, self);
    summary(`${name}: end to end`, end_to_end);
  }
}

function summary(name: string, part: ErrorSummary): void {
  line([
    name,
    part.comparisons,
    part.median_error.toFixed(3),
    part.p90_error.toFixed(2),
    `${part.bias.toFixed(3)} ± ${part.bias_standard_error.toFixed(3)}`,
    part.sampling_error.toFixed(3),
    part.median_over_sampling.toFixed(2),
  ]);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function line(cells: readonly (string | number)[]): void {
  const [first, ...rest] = cells.map(String);
  process.stdout.write(`${first!.padEnd(44)}${rest.map((cell) => cell.padStart(16)).join('')}\n`);
}
