/**
 * The whole table: every policy on every application under every trace, and how DTA-SLO stands in each cell against the
 * best tuned baseline that keeps the objectives, and against the bounds. With --json the last line is one JSON object.
 */
import { type Comparison, compare, comparisonLine, meansLine, meansOf } from './policy/comparison.ts';
import { type EvaluatedCell, evaluateCell } from './policy/evaluate-cell.ts';
import { isScored, progressOf, tableOf, titleOf } from './policy/report.ts';
import { writeSeries } from './policy/series-files.ts';
import { type NamedCell, TABLE_USAGE, type TableOptions, tableOptions } from './policy/table-options.ts';
import { withUsageErrors } from './policy/usage-error.ts';
import { WorkerPool } from './policy/worker-pool.ts';

await withUsageErrors(async () => {
  const options = tableOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(TABLE_USAGE);
    return;
  }
  const started = performance.now();
  const cells = await evaluateAll(options);
  const comparisons = cells.map(({ report, results }) => compare(report, results));
  print(comparisons);
  if (!cells.every(({ results }) => results.every(isScored))) process.exitCode = 1;
  if (!options.json) return;
  const summary = { cells: comparisons, means: meansOf(comparisons) };
  const wallSeconds = (performance.now() - started) / 1000;
  console.log(
    JSON.stringify({ wall_seconds: wallSeconds, cells: cells.map(({ report }) => report), summary }),
  );
});

/** A cell begins when no job of the one before it waits for a thread, so that none is idle between them. */
async function evaluateAll(options: TableOptions): Promise<EvaluatedCell[]> {
  const pool = new WorkerPool(options.workers);
  try {
    const cells: Promise<EvaluatedCell>[] = [];
    for (const cell of options.cells) {
      await Promise.race([pool.taken(), ...cells.map(whenItFails)]);
      cells.push(evaluated(cell, pool, options));
    }
    return await Promise.all(cells);
  } finally {
    await pool.close();
  }
}

function whenItFails(cell: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => cell.catch(reject));
}

async function evaluated(
  { name, choice }: NamedCell,
  pool: WorkerPool,
  options: TableOptions,
): Promise<EvaluatedCell> {
  const cell = await evaluateCell(pool, choice, options.policies, options, (result) =>
    console.error(`${name}: ${progressOf(result)}`),
  );
  console.log(`${titleOf(cell.report)}\n${tableOf(cell.results)}\n`);
  if (options.series !== undefined) {
    writeSeries(options.series, cell, options.tuneFraction * options.hours * 3600);
  }
  return cell;
}

function print(comparisons: readonly Comparison[]): void {
  for (const comparison of comparisons) console.log(comparisonLine(comparison));
  console.log(meansLine(meansOf(comparisons)));
}
