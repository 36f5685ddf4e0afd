/** A thread that evaluates one policy after the other, each on a cell that it builds itself: that is cheap and repeatable. */
import { parentPort } from 'node:worker_threads';
import { buildCell, type Cell, type CellChoice } from './cell.ts';
import { type EvaluationOptions, evaluate, type PolicyResult } from './evaluate.ts';
import { contenderOf } from './registry.ts';

export interface Job {
  readonly cell: CellChoice;
  readonly policy: string;
  readonly options: EvaluationOptions;
}

let last: { readonly key: string; readonly cell: Cell } | undefined;

parentPort?.on('message', (job: Job) => {
  run(job).then((result) => parentPort?.postMessage(result));
});

async function run({ cell, policy, options }: Job): Promise<PolicyResult> {
  return await evaluate(contenderOf(policy), builtCell(cell), options);
}

function builtCell(choice: CellChoice): Cell {
  const key = JSON.stringify(choice);
  if (last?.key !== key) last = { key, cell: buildCell(choice) };
  return last.cell;
}
