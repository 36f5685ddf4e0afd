/**
 * Runs policies on one application under one traffic in the simulator and scores them: what each costs and how well it
 * keeps the objectives. Every policy sees the same requests. With --json the last line is one JSON object.
 */
import { writeFileSync } from 'node:fs';
import { type EvaluatedCell, evaluateCell } from './policy/evaluate-cell.ts';
import { policyOptions, USAGE } from './policy/options.ts';
import { isScored, progressOf, tableOf, titleOf } from './policy/report.ts';
import { seriesText } from './policy/series-files.ts';
import { withUsageErrors } from './policy/usage-error.ts';
import { WorkerPool } from './policy/worker-pool.ts';

await withUsageErrors(async () => {
  const options = policyOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(USAGE);
    return;
  }
  const pool = new WorkerPool(options.workers);
  try {
    const evaluated = await evaluateCell(pool, options.cell, options.policies, options, (result) =>
      console.error(progressOf(result)),
    );
    if (options.series !== undefined) writeFileSync(options.series, seriesText(evaluated));
    print(evaluated, options.json);
  } finally {
    await pool.close();
  }
});

function print({ report, results }: EvaluatedCell, json: boolean): void {
  console.log(`${titleOf(report)}\n${tableOf(results)}`);
  if (!results.every(isScored)) process.exitCode = 1;
  if (json) console.log(JSON.stringify(report));
}
