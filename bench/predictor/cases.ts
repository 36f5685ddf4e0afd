import { setTimeout as sleep } from 'node:timers/promises';
import { GruForecaster } from '../../src/components/traffic-predictor/gru/gru-forecaster.ts';
import { networkShape, trainingSettings } from '../../src/components/traffic-predictor/options.ts';
import { TrafficPredictor } from '../../src/components/traffic-predictor/traffic-predictor.ts';
import type { TrainingOutcome } from '../../src/models/forecasts.ts';
import { part } from '../forecast/trace.ts';
import { percentile } from '../replay/statistics.ts';
import { trafficOf } from './traffic.ts';

export type Measured = Readonly<Record<string, number | string>>;

const DAY_STEPS = 1440;
const SERIES = 1000;
const ROUNDS = 15;
/** The process is idle when it takes less than this share of a core for so long. */
const IDLE_SHARE = 0.2;
const IDLE_MS = 1000;

/** The first training on 14 days of one series. */
export async function trainOne(units: readonly number[]): Promise<Measured> {
  const predictor = new TrafficPredictor({ units });
  const history = [trafficOf(0, 14 * DAY_STEPS)];
  const measured = await timed(() => predictor.train(history));
  await predictor.close();
  return measured;
}

/** A first training on a few series, then one over all of them from its weights. */
export async function refreshMany(units: readonly number[]): Promise<Measured> {
  const all = Array.from({ length: SERIES }, (_, i) => trafficOf(i, DAY_STEPS));
  const predictor = new TrafficPredictor({ units, trainingBudget: 300 });
  await predictor.train(all.slice(0, 10));
  const measured = await timed(() => predictor.train(all));
  await predictor.close();
  return measured;
}

async function timed(train: () => Promise<TrainingOutcome>): Promise<Measured> {
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  const outcome = await train();
  const { user, system } = process.cpuUsage(cpu);
  const figures =
    outcome.kind === 'trained' ? { epochs: outcome.epochs, validation_loss: outcome.validationLoss } : {};
  return {
    outcome: outcome.kind,
    seconds: (performance.now() - startedMs) / 1000,
    cpu_seconds: (user + system) / 1e6,
    ...figures,
  };
}

/** Forecasts of many series with one new step each: of the network alone, and all that a pass waits for. */
export async function forecastMany(units: readonly number[]): Promise<Measured> {
  const options = { units, maxEpochs: 1 };
  const gru = new GruForecaster(networkShape(options), trainingSettings(options));
  const predictor = new TrafficPredictor(options, gru);
  const all = Array.from({ length: SERIES }, (_, i) => trafficOf(i, 480 + ROUNDS));
  const upTo = (end: number, steps = end) => all.map((series) => part(series, end - steps, end));
  await predictor.train(upTo(480).slice(0, 10));
  const first = await durationOf(() => predictor.predict(upTo(480)));
  const settled = await durationOf(idle);
  const networkMs: number[] = [];
  const predictMs: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const known = upTo(480 + round);
    const places = known.map((series) => ({ series, origins: Int32Array.of(series.rates.length - 1) }));
    networkMs.push(await durationOf(() => gru.forecast(places)));
    predictMs.push(await durationOf(() => predictor.predict(upTo(480 + round, 60))));
  }
  await predictor.close();
  return {
    series: SERIES,
    first_ms: first,
    settled_ms: settled,
    network_ms: percentile(networkMs, 0.5),
    predict_ms: percentile(predictMs, 0.5),
    backend: predictor.status.backend,
  };
}

/** Until forecasters have been led through the rest of their past, which goes on between the calls. */
async function idle(): Promise<void> {
  for (;;) {
    const before = process.cpuUsage();
    await sleep(IDLE_MS);
    const { user, system } = process.cpuUsage(before);
    if (user + system < IDLE_SHARE * IDLE_MS * 1000) return;
  }
}

async function durationOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
