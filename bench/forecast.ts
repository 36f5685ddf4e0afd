/**
 * Compares the forecasters on traces of request counts: rolling origin, every step after the training part an origin.
 * At each origin a model sees the steps up to there and nothing else.
 *
 *     npm run -s bench:forecast -- --trace FILE --step 10 --json
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { calibrate } from '../src/components/traffic-predictor/backtest/calibrate.ts';
import { backtestOrigins } from '../src/components/traffic-predictor/backtest/origins.ts';
import { speak } from '../src/components/traffic-predictor/backtest/speak.ts';
import type { Baseline } from '../src/components/traffic-predictor/baselines/baselines.ts';
import {
  BASELINES,
  baselineForecasts,
  seasonPeriods,
} from '../src/components/traffic-predictor/baselines/baselines.ts';
import { naiveForecasts } from '../src/components/traffic-predictor/baselines/naive.ts';
import { GruForecaster } from '../src/components/traffic-predictor/gru/gru-forecaster.ts';
import { networkShape, trainingSettings } from '../src/components/traffic-predictor/options.ts';
import { TrafficPredictor } from '../src/components/traffic-predictor/traffic-predictor.ts';
import type { ChainSeries } from '../src/models/metrics.ts';

interface Quantiles {
  readonly medians: readonly number[];
  readonly quantiles90: readonly number[];
  readonly quantiles95: readonly number[];
  /** 0.95 quantile of the maximum over the horizon. */
  readonly maximum95?: number;
}

const { values: flags } = parseArgs({
  options: {
    trace: { type: 'string', multiple: true, default: [] },
    step: { type: 'string', default: '60' },
    'train-fraction': { type: 'string', default: '0.6' },
    sequence: { type: 'string', default: '60' },
    horizon: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    units: { type: 'string', default: '32' },
    budget: { type: 'string', default: '60' },
    until: { type: 'string', default: 'Infinity' },
    json: { type: 'boolean', default: false },
  },
});
const step = Number(flags.step);
const horizon = Number(flags.horizon);
const settings = {
  sequenceLength: Number(flags.sequence),
  predictionHorizon: horizon,
  featureDim: 3,
  step,
  units: flags.units.split(',').map(Number),
  seed: Number(flags.seed),
  trainingBudget: Number(flags.budget),
};

if (flags.trace.length === 0) {
  console.error('--trace FILE is missing: a csv or csv.gz with the header seconds,requests');
  process.exit(1);
}
const traces = [];
for (const file of flags.trace) traces.push(await run(file));
if (flags.json) console.log(JSON.stringify({ traces }));
else for (const trace of traces) printTable(trace);

async function run(file: string) {
  const series = readTrace(file, Number(flags.until));
  const trainEnd = Math.floor(series.rates.length * Number(flags['train-fraction']));
  const shape = networkShape(settings);
  const gru = new GruForecaster(shape, trainingSettings(settings));
  const predictor = new TrafficPredictor(settings, gru);
  const started = performance.now();
  const training = await predictor.train([prefixOf(series, trainEnd)]);
  const trainSeconds = (performance.now() - started) / 1000;
  if (training.kind !== 'trained') console.error(basename(file), training);
  const origins = Int32Array.from({ length: series.rates.length - trainEnd }, (_, i) => trainEnd - 1 + i);
  const scale = meanAbsoluteStep(series.rates.subarray(0, trainEnd));
  const rows: Record<string, ReturnType<typeof scoreModel>> = {};
  for (const model of BASELINES) {
    const forecasts = Array.from(origins, (origin) => baselineAt(model, prefixOf(series, origin + 1)));
    rows[model] = scoreModel(series.rates, origins, forecasts, scale);
  }
  const alone = await gru.forecast([{ series, origins }]);
  if (alone?.[0] !== undefined) {
    const { medians, quantiles90, quantiles95 } = alone[0];
    const forecasts = Array.from(origins, (_, i) => ({
      medians: [...medians.subarray(i * horizon, (i + 1) * horizon)],
      quantiles90: [...quantiles90.subarray(i * horizon, (i + 1) * horizon)],
      quantiles95: [...quantiles95.subarray(i * horizon, (i + 1) * horizon)],
    }));
    rows['gru'] = scoreModel(series.rates, origins, forecasts, scale);
  }
  const { forecasts, speakers } = await serve(predictor, series, origins);
  rows['served'] = scoreModel(series.rates, origins, forecasts, scale);
  await predictor.close();
  return {
    trace: basename(file),
    step,
    origins: origins.length,
    training,
    backend: predictor.status.backend,
    train_seconds: trainSeconds,
    peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
    speakers,
    models: rows,
  };
}

/** What the daemon would have used at each origin, and how often which model spoke. */
async function serve(predictor: TrafficPredictor, series: ChainSeries, origins: Int32Array) {
  const forecasts: Quantiles[] = [];
  const speakers: Record<string, number> = {};
  for (const origin of origins) {
    const [outcome] = await predictor.predict([prefixOf(series, origin + 1)], horizon);
    if (outcome?.kind !== 'forecast') throw new Error(`no forecast at step ${origin}`);
    speakers[outcome.model] = (speakers[outcome.model] ?? 0) + 1;
    forecasts.push(outcome);
  }
  return { forecasts, speakers };
}

/** One baseline with intervals from its own backtest up to the end of the prefix. */
function baselineAt(model: Baseline, prefix: ChainSeries): Quantiles {
  const { rates } = prefix;
  const past = backtestOrigins(rates);
  const periods = seasonPeriods(rates.subarray(0, (past[0] ?? 0) + 1), step);
  const at = (origins: Int32Array) => {
    const wanted = baselineForecasts(model, rates, origins, horizon, periods);
    const medians = wanted.some(Number.isNaN) ? naiveForecasts(rates, origins, horizon) : wanted;
    return { medians, quantiles90: medians, quantiles95: medians };
  };
  const voice = { model, reason: '', ...calibrate(rates, past, at(past), horizon) };
  const verdict = { scores: {}, periods, atSeconds: 0, baseline: voice };
  return speak(prefix, verdict, voice, at(Int32Array.of(rates.length - 1)), horizon);
}

function scoreModel(
  rates: Float64Array,
  origins: Int32Array,
  forecasts: readonly Quantiles[],
  scale: number,
) {
  const pairs = (of: (forecast: Quantiles) => readonly number[], ahead: number) =>
    forecasts
      .map((forecast, i) => ({
        truth: rates[origins[i]! + ahead] ?? Number.NaN,
        forecast: of(forecast)[ahead - 1]!,
      }))
      .filter(({ truth, forecast }) => !Number.isNaN(truth - forecast));
  const steps = Array.from({ length: horizon }, (_, i) => i + 1);
  const all = (of: (forecast: Quantiles) => readonly number[]) => steps.flatMap((ahead) => pairs(of, ahead));
  const mase = steps.map(
    (ahead) =>
      mean(pairs((f) => f.medians, ahead).map(({ truth, forecast }) => Math.abs(truth - forecast))) / scale,
  );
  const pinball = (level: number, of: (forecast: Quantiles) => readonly number[]) =>
    mean(
      all(of).map(({ truth, forecast }) =>
        Math.max(level * (truth - forecast), (level - 1) * (truth - forecast)),
      ),
    );
  const coverage = (of: (forecast: Quantiles) => readonly number[]) =>
    mean(all(of).map(({ truth, forecast }) => (truth <= forecast ? 1 : 0)));
  return {
    mase,
    mase_mean: mean(mase),
    pinball: {
      '0.5': pinball(0.5, (f) => f.medians),
      '0.9': pinball(0.9, (f) => f.quantiles90),
      '0.95': pinball(0.95, (f) => f.quantiles95),
    },
    coverage: { '0.9': coverage((f) => f.quantiles90), '0.95': coverage((f) => f.quantiles95) },
    ...coverageOfMaximum(rates, origins, forecasts),
  };
}

function coverageOfMaximum(rates: Float64Array, origins: Int32Array, forecasts: readonly Quantiles[]) {
  const covered = forecasts.flatMap(({ maximum95 }, i) => {
    const truth = Math.max(...rates.subarray(origins[i]! + 1, origins[i]! + 1 + horizon));
    const complete = origins[i]! + horizon < rates.length;
    return maximum95 === undefined || !complete || Number.isNaN(truth) ? [] : [truth <= maximum95 ? 1 : 0];
  });
  return covered.length === 0 ? {} : { coverage_max: { '0.95': mean(covered) } };
}

/** Counts summed into steps, as requests/s; a step without a row is a gap, an incomplete last step is left out. */
function readTrace(file: string, until: number): ChainSeries {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const [header, ...lines] = text.trim().split(/\r?\n/);
  if (header !== 'seconds,requests')
    throw new Error(`${file}: found header ${header}, allowed: seconds,requests`);
  const rows = lines.map((line) => line.split(',').map(Number)).filter(([seconds]) => seconds! < until);
  const start = Math.floor(rows[0]![0]! / step) * step;
  const end = 2 * rows.at(-1)![0]! - (rows.at(-2)?.[0] ?? rows.at(-1)![0]!);
  const length = Math.floor((end - start) / step);
  const rates = new Float64Array(length).fill(Number.NaN);
  for (const [seconds, requests] of rows) {
    const index = Math.floor((seconds! - start) / step);
    if (index < length) rates[index] = (Number.isNaN(rates[index]) ? 0 : rates[index]!) + requests! / step;
  }
  const unknown = () => new Float64Array(length).fill(Number.NaN);
  return {
    chain: basename(file),
    startSeconds: start,
    stepSeconds: step,
    rates,
    latencies: unknown(),
    errorRatios: unknown(),
  };
}

function prefixOf(series: ChainSeries, length: number): ChainSeries {
  return {
    ...series,
    rates: series.rates.subarray(0, length),
    latencies: series.latencies.subarray(0, length),
    errorRatios: series.errorRatios.subarray(0, length),
  };
}

function meanAbsoluteStep(rates: Float64Array): number {
  return mean(Array.from(rates.subarray(1), (rate, i) => Math.abs(rate - rates[i]!)).filter(Number.isFinite));
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

function printTable(trace: Awaited<ReturnType<typeof run>>): void {
  console.log(
    `${trace.trace}: ${trace.origins} origins, training ${trace.train_seconds.toFixed(1)} s on ${trace.backend}`,
  );
  console.log('| model | MASE | pinball 0.5 | 0.9 | 0.95 | coverage 0.9 | 0.95 | of the maximum, 0.95 |');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const [name, row] of Object.entries(trace.models)) {
    const figures = [row.mase_mean, ...Object.values(row.pinball), ...Object.values(row.coverage)];
    const maximum = 'coverage_max' in row ? row.coverage_max['0.95'].toFixed(3) : '';
    console.log(`| ${name} | ${figures.map((figure) => figure.toFixed(3)).join(' | ')} | ${maximum} |`);
  }
  console.log(`speaking: ${JSON.stringify(trace.speakers)}, training: ${JSON.stringify(trace.training)}`);
}
