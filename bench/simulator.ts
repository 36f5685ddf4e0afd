/**
 * How fast the simulator is, and how far it can be believed: against queues whose figures theory knows, against arithmetic
 * for CPU quotas, and against windows that were measured on real containers (left out where there are none).
 *
 *     npm run -s bench:simulator -- [--measurements ../shared/measurements] [--seeds 20] [--seed 1] [--scale 1] --json
 *
 * `--scale` shortens everything for a look. The last line printed with --json is one JSON object.
 */
import { parseArgs } from 'node:util';
import { measureThroughput } from './simulator/throughput.ts';
import { measuredReport } from './simulator/validation/measured-report.ts';
import { printMeasured, printQueues, printQuotas } from './simulator/validation/print-report.ts';
import { type CaseResult, runCase } from './simulator/validation/queue-case.ts';
import { queueCases } from './simulator/validation/queue-cases.ts';
import { type QuotaResult, runQuotaCases } from './simulator/validation/quota-cases.ts';

const THROUGHPUT_REQUESTS = 300_000;
/** How far from theory a figure may be. */
const TOLERANCE = 0.02;

const { values: flags } = parseArgs({
  options: {
    measurements: { type: 'string', default: '../shared/measurements' },
    seeds: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    scale: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const [scale, seeds, seed] = [flags.scale, flags.seeds, flags.seed].map(Number);
if (!(scale! > 0 && scale! <= 1 && seeds! >= 2 && Number.isInteger(seeds) && Number.isInteger(seed))) {
  process.stderr.write('--scale is above 0 and at most 1, --seeds at least 2, --seed a whole number\n');
  process.exit(2);
}

const began = performance.now();
const throughput = measureThroughput(Math.ceil(scale! * THROUGHPUT_REQUESTS), seed);
const queues = queueCases(scale!).map((queue) => runCase(queue, seed!));
const quotas = runQuotaCases(seed!);
const measured = measuredReport(
  flags.measurements,
  seeds!,
  seed!,
  scale! < 1 ? Math.ceil(87 * scale!) : Infinity,
);
const result = {
  visits_per_second: throughput.visits_per_second,
  validation: {
    queues: queueSummary(queues),
    quotas: quotaSummary(quotas),
    measured: measured ?? null,
    seconds: (performance.now() - began) / 1000,
  },
};
if (flags.json) console.log(JSON.stringify(result));
else print();

function queueSummary(cases: readonly CaseResult[]) {
  const figures = cases.flatMap((each) => each.figures);
  const errors = figures.map(({ error }) => Math.abs(error));
  return {
    largest_error: Math.max(...errors),
    within_tolerance: errors.filter((error) => error <= TOLERANCE).length,
    figures: figures.length,
    visits: cases.reduce((sum, { visits }) => sum + visits, 0),
    cases,
  };
}

function quotaSummary(results: readonly QuotaResult[]) {
  const errors = results.map((each) => Math.abs(each.simulated_seconds - each.expected_seconds));
  return { largest_error_seconds: Math.max(...errors), cases: results };
}

function print(): void {
  console.log(`${Math.round(throughput.visits_per_second)} visits per second of one core\n`);
  printQueues(queues);
  console.log('');
  printQuotas(quotas);
  console.log('');
  if (measured === undefined) console.log(`no measured windows in ${flags.measurements}: left out`);
  else printMeasured(measured);
}
