/**
 * Compares the forecasters on traces of request counts: rolling origin, every step after the training part an origin.
 * At each origin a model sees the steps up to there and nothing else. The real predictor is led along each trace from its
 * first step on and trained as its history grows; "served" is what it said, "gru" its network alone.
 */
import { parseArgs } from 'node:util';
import { BASELINE_NAMES, baselineRows } from '../src/components/traffic-predictor/backtest/baseline-rows.ts';
import { meanAbsoluteStep } from '../src/components/traffic-predictor/backtest/scores.ts';
import type { TrafficPredictorOptions } from '../src/components/traffic-predictor/options.ts';
import { messageOf } from '../src/models/errors.ts';
import { drive, originsOf } from './forecast/drive.ts';
import { Dump } from './forecast/dump.ts';
import { type ModelReport, modelReport, printModels } from './forecast/report.ts';
import { readSteps } from './forecast/trace.ts';

const USAGE = `npm run -s bench:forecast -- --trace FILE [--trace FILE …] [options]

  --trace FILE        csv or csv.gz with the header seconds,requests
  --step S            length of a step, s (60)
  --train-fraction F  the part before the first origin that is judged (0.6)
  --sequence N        steps that the network sees (60)
  --horizon N         steps that are forecast (10)
  --seed N            of the network (1)
  --until S           cuts the traces there before anything is read
  --dump FILE         one JSON line per origin and step ahead of "served"
  --units N,…         GRU layers (32)
  --dense N,…         dense layers (64)
  --epochs N          most epochs of a training (60)
  --retrain S         least time between two trainings, s (3600)
  --growth F          and the history has grown by this share since (0.2)
  --json              the last line is one JSON object`;

const text = { type: 'string' } as const;
const { values: flags } = parseArgs({
  options: {
    trace: { type: 'string', multiple: true, default: [] },
    step: { ...text, default: '60' },
    'train-fraction': { ...text, default: '0.6' },
    sequence: { ...text, default: '60' },
    horizon: { ...text, default: '10' },
    seed: { ...text, default: '1' },
    until: { ...text, default: 'Infinity' },
    dump: text,
    units: { ...text, default: '32' },
    dense: { ...text, default: '64' },
    epochs: { ...text, default: '60' },
    retrain: { ...text, default: '3600' },
    growth: { ...text, default: '0.2' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (flags.help) console.log(USAGE);
else if (flags.trace.length === 0) fail(`--trace FILE is missing\n\n${USAGE}`);
else await main().catch((error: unknown) => fail(messageOf(error)));

function fail(why: string): void {
  console.error(why);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const dump = flags.dump === undefined ? undefined : new Dump(flags.dump);
  const traces = [];
  for (const file of flags.trace) {
    const trace = await run(file, dump);
    printTrace(trace);
    traces.push(trace);
  }
  dump?.close();
  if (flags.json) console.log(JSON.stringify({ traces }));
}

/** No budget of time: a training that a clock ends cannot be repeated. */
function predictorOptions(step: number): TrafficPredictorOptions {
  return {
    step,
    sequenceLength: number('sequence'),
    predictionHorizon: number('horizon'),
    units: listOf(flags.units),
    dense: listOf(flags.dense),
    maxEpochs: number('epochs'),
    trainingBudget: 1e6,
    seed: number('seed'),
  };
}

function listOf(numbers: string): readonly number[] {
  return numbers === '' ? [] : numbers.split(',').map(Number);
}

function number(
  name:
    | 'step'
    | 'train-fraction'
    | 'sequence'
    | 'horizon'
    | 'seed'
    | 'until'
    | 'epochs'
    | 'retrain'
    | 'growth',
): number {
  const found = Number(flags[name]);
  if (Number.isNaN(found)) throw new Error(`--${name}: found ${flags[name]}, allowed: a number`);
  return found;
}

async function run(file: string, dump: Dump | undefined) {
  const step = number('step');
  const horizon = number('horizon');
  const series = readSteps(file, step, number('until'));
  const { rates } = series;
  const trainSteps = Math.floor(rates.length * number('train-fraction'));
  const firstOrigin = Math.max(0, trainSteps - 1);
  const driven = await drive(series, {
    predictor: predictorOptions(step),
    horizon,
    firstOrigin,
    retrainSeconds: number('retrain'),
    retrainGrowth: number('growth'),
  });
  dump?.write(series, driven.served);
  const origins = originsOf(series, firstOrigin);
  const scale = meanAbsoluteStep(rates.subarray(0, trainSteps));
  const models: Record<string, ModelReport> = {};
  for (const name of BASELINE_NAMES) {
    models[name] = modelReport(rates, baselineRows(name, rates, origins, horizon, step), scale);
  }
  models['gru'] = modelReport(rates, driven.gru, scale);
  models['served'] = modelReport(rates, driven.served, scale);
  return {
    trace: series.chain,
    step,
    origins: origins.length,
    backend: driven.backend,
    trainings: driven.trainings,
    train_seconds: driven.trainSeconds,
    peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
    weights: driven.weights,
    models,
  };
}

function printTrace(trace: Awaited<ReturnType<typeof run>>): void {
  const { trainings, train_seconds: seconds, backend } = trace;
  console.log(
    `${trace.trace}: ${trace.origins} origins, ${trainings.length} trainings in ${seconds.toFixed(1)} s on ${backend}`,
  );
  printModels(trace.models);
  const shares = Object.entries(trace.weights).map(([model, share]) => `${model} ${share.toFixed(2)}`);
  console.log(`shares in the median of "served": ${shares.join(', ')}`);
}
