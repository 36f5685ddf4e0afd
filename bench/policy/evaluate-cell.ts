import { basename } from 'node:path';
import { messageOf } from '../../src/models/errors.ts';
import { buildCell, type Cell, type CellChoice } from './cell.ts';
import type { Schedule } from './clairvoyant/schedule.ts';
import type { EvaluationOptions, PolicyResult } from './evaluate.ts';
import { type Contender, contendersOf } from './registry.ts';
import { type CellReport, isScored, lowerBoundOf, withoutSeries } from './report.ts';
import { COMPLIANT_RATIO } from './tune.ts';
import { UsageError } from './usage-error.ts';
import type { WorkerPool } from './worker-pool.ts';

export interface EvaluatedCell {
  readonly report: CellReport;
  /** As in the report, with their series. */
  readonly results: readonly PolicyResult[];
}

/** Bounds are told of so many policies, the cheapest that keep the objectives. */
const SEEDS = 2;

/**
 * Evaluates policies on a cell, spread over threads; all there are by default. Tells each result as it comes. Bounds come
 * last, as they try what the policies gave.
 *
 * @throws UsageError when a file of the cell cannot be read or a policy is unknown
 */
export async function evaluateCell(
  pool: WorkerPool,
  choice: CellChoice,
  policies: readonly string[] | undefined,
  { seed, tuneFraction }: EvaluationOptions,
  onResult: (result: PolicyResult) => void = () => undefined,
): Promise<EvaluatedCell> {
  const started = performance.now();
  const contenders = contendersOf(policies);
  const cell = readCell(choice);
  const evaluated = (kind: Contender['kind'], options: EvaluationOptions) =>
    Promise.all(
      contenders
        .filter((contender) => contender.kind === kind)
        .map(async ({ name }) => {
          const result = await pool.run({ cell: choice, policy: name, options });
          onResult(result);
          return result;
        }),
    );
  const ofPolicies = await evaluated('policy', { seed, tuneFraction });
  const ofBounds = await evaluated('bound', { seed, tuneFraction, seeds: seedsOf(ofPolicies) });
  const all = [...ofPolicies, ...ofBounds];
  const results = contenders.map((contender) => all.find(({ name }) => name === contender.name)!);
  const report = {
    application: cell.application.name,
    trace: basename(choice.trace ?? 'constant').replace(/\.csv(\.gz)?$/, ''),
    ...(choice.scenario !== undefined && { scenario: choice.scenario }),
    requests: cell.arrivals.timesSeconds.length,
    wall_seconds: (performance.now() - started) / 1000,
    lower_bound_core_hours: lowerBoundOf(results),
    policies: results.map(withoutSeries),
  };
  return { report, results };
}

function seedsOf(results: readonly PolicyResult[]): readonly Schedule[] {
  return results
    .filter(isScored)
    .filter(({ violating_windows_ratio: ratio }) => ratio <= COMPLIANT_RATIO)
    .sort((a, b) => a.core_hours - b.core_hours)
    .slice(0, SEEDS)
    .flatMap(({ capacities }) => (capacities === undefined ? [] : [capacities]));
}

function readCell(choice: CellChoice): Cell {
  try {
    return buildCell(choice);
  } catch (error) {
    throw new UsageError(messageOf(error), { cause: error });
  }
}
