import { basename } from 'node:path';
import { messageOf } from '../../src/models/errors.ts';
import { buildCell, type Cell, type CellChoice } from './cell.ts';
import type { EvaluationOptions, PolicyResult } from './evaluate.ts';
import { contendersOf } from './registry.ts';
import { type CellReport, lowerBoundOf, withoutSeries } from './report.ts';
import { UsageError } from './usage-error.ts';
import type { WorkerPool } from './worker-pool.ts';

export interface EvaluatedCell {
  readonly report: CellReport;
  /** As in the report, with their series. */
  readonly results: readonly PolicyResult[];
}

/**
 * Evaluates policies on a cell, spread over threads; all there are by default. Tells each result as it comes.
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
  const options = { seed, tuneFraction };
  const results = await Promise.all(
    contenders.map(async ({ name }) => {
      const result = await pool.run({ cell: choice, policy: name, options });
      onResult(result);
      return result;
    }),
  );
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

function readCell(choice: CellChoice): Cell {
  try {
    return buildCell(choice);
  } catch (error) {
    throw new UsageError(messageOf(error), { cause: error });
  }
}
