import { readdirSync, readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { GruForecaster } from '../../../src/components/traffic-predictor/gru/gru-forecaster.ts';
import {
  TrainingThread,
  workerEntry,
} from '../../../src/components/traffic-predictor/gru/training-thread.ts';
import { networkShape, trainingSettings } from '../../../src/components/traffic-predictor/options.ts';
import { TrafficPredictor } from '../../../src/components/traffic-predictor/traffic-predictor.ts';
import type { ChainSeries } from '../../../src/models/metrics.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { rangeOf, seriesOf } from './series.ts';

const tiny = { sequenceLength: 12, predictionHorizon: 3, units: [8], maxEpochs: 3, trainingBudget: 1e6 };
const open: TrafficPredictor[] = [];
// Room for a machine that does other things too: nothing here waits for a clock.
vi.setConfig({ testTimeout: 120_000 });

function predictorOf(options: object = {}, gru?: GruForecaster): TrafficPredictor {
  const predictor = new TrafficPredictor({ ...tiny, ...options }, gru);
  open.push(predictor);
  return predictor;
}

afterEach(async () => {
  for (const predictor of open.splice(0)) await predictor.close();
});

/** A season with noise, long enough to train on. */
function noisySeason(chain: string, factor = 1, length = 120): ChainSeries {
  const random = seededRandom(12);
  const rates = rangeOf(
    length,
    (step) => factor * (100 + 40 * Math.sin((2 * Math.PI * step) / 24) + 10 * random()),
  );
  return {
    ...seriesOf(chain, rates),
    latencies: rates.map((rate) => rate / 1000),
    errorRatios: rates.map(() => 0.01),
  };
}

describe('training', () => {
  const history = [noisySeason('a'), noisySeason('b', 30)];

  test('gives the same network for the same seed; saved bytes bring it back elsewhere', async () => {
    const [one, same, other] = [predictorOf(), predictorOf(), predictorOf({ seed: 2 })];
    expect(one.save()).toBeUndefined();
    expect(await one.train(history)).toMatchObject({ kind: 'trained' });
    await same.train(history);
    const saved = one.save();
    expect(same.save()).toEqual(saved);
    expect(one.status).toMatchObject({ training: false, lastTraining: { kind: 'trained' } });
    expect(['wasm-simd', 'plain']).toContain(one.status.backend);

    await other.train(history);
    expect(other.save()).not.toEqual(saved);
    expect(await other.load(saved!)).toEqual({ kind: 'loaded' });
    expect(other.save()).toEqual(saved);
    const forecasts = await one.predict(history, 2);
    expect(await other.predict(history, 2)).toEqual(forecasts);
    expect(forecasts[0]).toMatchObject({ backtest: { gru: expect.any(Number) } });
  });

  test('goes on from the present weights, and never to worse ones', async () => {
    const predictor = predictorOf({ maxEpochs: 6 });
    const first = await predictor.train([noisySeason('a', 1, 240)]);
    const second = await predictor.train([noisySeason('a', 1, 240)]);
    if (first.kind !== 'trained' || second.kind !== 'trained') throw new Error('not trained');
    expect(second.validationLoss).toBeLessThanOrEqual(first.validationLoss);
  });

  test('learns nothing from gaps: the network stays finite whatever is missing', async () => {
    const random = seededRandom(13);
    const whole = noisySeason('gappy', 1, 240);
    const gappy = { ...whole, rates: whole.rates.map((rate) => (random() < 0.2 ? Number.NaN : rate)) };
    const predictor = predictorOf();
    const outcome = await predictor.train([gappy]);
    expect(outcome.kind === 'trained' && Number.isFinite(outcome.validationLoss)).toBe(true);
    const [forecast] = await predictor.predict([gappy], 2);
    expect(forecast?.kind === 'forecast' && forecast.medians.every(Number.isFinite)).toBe(true);
  });

  test('goes well whatever stands for a rate or a latency in one of the series', async () => {
    const odd = noisySeason('odd');
    odd.rates.set([Number.POSITIVE_INFINITY, -5, Number.NaN], 40);
    odd.latencies[60] = Number.POSITIVE_INFINITY;
    expect(await predictorOf().train([odd, noisySeason('even')])).toMatchObject({ kind: 'trained' });
  });

  test('that throws has failed, with what was thrown', async () => {
    const gru = new GruForecaster(networkShape(tiny), trainingSettings(tiny));
    vi.spyOn(gru, 'train').mockRejectedValue(new Error('no threads left'));
    const predictor = predictorOf({}, gru);
    const failed = { kind: 'failed', reason: 'no threads left' };
    expect(await predictor.train(history)).toEqual(failed);
    expect(predictor.status.lastTraining).toMatchObject(failed);
  });

  test('needs three times sequence and horizon in one series', async () => {
    const outcome = await predictorOf().train([noisySeason('short', 1, 44), noisySeason('shorter', 1, 20)]);
    expect(outcome).toEqual({ kind: 'not-enough-data', have: 44, need: 45 });
  });

  test('that fails or is cancelled leaves the network before; a second call joins the first', async () => {
    const predictor = predictorOf();
    await predictor.train(history);
    const saved = predictor.save();
    const constant = seriesOf('constant', new Array(100).fill(5));
    expect(await predictor.train([constant])).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('no window'),
    });
    const controller = new AbortController();
    const first = predictor.train([noisySeason('a', 2)], controller.signal);
    expect(predictor.train([noisySeason('b')])).toBe(first);
    expect(predictor.status.training).toBe(true);
    controller.abort();
    expect(await first).toEqual({ kind: 'cancelled' });
    expect(predictor.save()).toEqual(saved);
  });

  test('is refused nothing but a network that fits: damaged bytes and other shapes change nothing', async () => {
    const predictor = predictorOf();
    await predictor.train(history);
    const saved = predictor.save()!;
    const damaged = saved.slice();
    damaged[damaged.length - 50]! ^= 1;
    expect(await predictor.load(damaged)).toEqual({
      kind: 'refused',
      reason: 'the saved network is damaged',
    });
    expect(await predictorOf({ units: [4] }).load(saved)).toMatchObject({ kind: 'refused' });
    expect(predictor.save()).toEqual(saved);
  });
});

test('a trained network can be had as a layers model that plain TensorFlow.js reads', async () => {
  const predictor = predictorOf();
  expect(await predictor.exportLayersModel()).toBeUndefined();
  await predictor.train([noisySeason('a')]);
  const { modelTopology, weightSpecs, weightData } = (await predictor.exportLayersModel())!;
  const artifacts = JSON.parse(JSON.stringify({ modelTopology, weightSpecs }));
  const model = await loadLayersModel(tf.io.fromMemory({ ...artifacts, weightData }));
  expect(model.inputs.map(({ shape }) => shape)).toEqual([
    [null, 12, 3],
    [null, expect.any(Number)],
  ]);
  expect(model.outputs[0]?.shape).toEqual([null, 3, 4]);
  model.dispose();
});

describe('the network among the others', () => {
  test('leads where it sees what they cannot: the latency that tells of the next rate', async () => {
    const random = seededRandom(15);
    const secret = rangeOf(400, () => random());
    const told = {
      ...seriesOf(
        'told',
        rangeOf(400, (step) => 100 + 50 * (secret[step - 1] ?? 0.5)),
      ),
      latencies: rangeOf(400, (step) => 0.01 * Math.exp(2 * secret[step]!)),
    };
    const predictor = predictorOf({
      sequenceLength: 4,
      predictionHorizon: 1,
      maxEpochs: 12,
      learningRate: 0.05,
    });
    await predictor.train([told]);
    const [forecast] = await predictor.predict([told], 1);
    expect(forecast).toMatchObject({ model: 'gru' });
  });

  test('is heard after the first training, with a past at origins that it was not trained on', async () => {
    const predictor = predictorOf();
    const series = noisySeason('a', 1, 240);
    const [before] = await predictor.predict([series], 2);
    expect(before).toMatchObject({ kind: 'forecast', backtest: { naive: expect.any(Number) } });
    expect(before?.kind === 'forecast' && before.backtest.gru).toBeUndefined();
    await predictor.train([series]);
    const [after] = await predictor.predict([series], 2);
    expect(after).toMatchObject({ backtest: { gru: expect.any(Number) } });
  });
});

describe('the training thread', () => {
  function withThread(seed: number, entry: () => URL, silenceSeconds = 30, options = {}): TrafficPredictor {
    const all = { ...tiny, seed, ...options };
    const thread = new TrainingThread(silenceSeconds, entry);
    return predictorOf(all, new GruForecaster(networkShape(all), trainingSettings(all), thread));
  }

  const dying = () => new URL('./dying-worker.ts', import.meta.url);

  test('that ends is a failed training, and the next one starts anew', async () => {
    const entries = [dying, workerEntry];
    const predictor = withThread(1, () => entries.shift()!());
    const reason = 'the training thread ended with code 7';
    expect(await predictor.train([noisySeason('a')])).toEqual({ kind: 'failed', reason });
    expect(predictor.status.lastTraining).toMatchObject({ kind: 'failed' });
    expect(await predictor.train([noisySeason('a')])).toMatchObject({ kind: 'trained' });
  });

  test('that throws is a failed training', async () => {
    expect(await withThread(2, dying).train([noisySeason('a')])).toEqual({
      kind: 'failed',
      reason: 'the training thread died: out of luck',
    });
  });

  test('that takes more heap than it may ends alone, and the next one starts anew', async () => {
    const entries = [dying, workerEntry];
    const predictor = withThread(4, () => entries.shift()!());
    const outcome = await predictor.train([noisySeason('a')]);
    expect(outcome).toMatchObject({ kind: 'failed', reason: expect.stringContaining('memory limit') });
    expect(await predictor.train([noisySeason('a')])).toMatchObject({ kind: 'trained' });
  });

  test('that takes more memory of any kind than it may ends with what it took', async () => {
    const predictor = predictorOf({ trainingMemory: 16, maxEpochs: 10_000, units: [64] });
    const outcome = await predictor.train([noisySeason('a', 1, 4000)]);
    expect(outcome).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/memory/) });
    expect(predictor.save()).toBeUndefined();
  });

  test('that stays silent is a failed training', async () => {
    const predictor = withThread(3, dying, 0.2);
    expect(await predictor.train([noisySeason('a')])).toEqual({
      kind: 'failed',
      reason: 'the training thread was silent for 0.2 s',
    });
  });

  test('is not waited for by a forecast', async () => {
    const predictor = withThread(3, dying, 1000);
    const training = predictor.train([noisySeason('a')]);
    expect((await predictor.predict([noisySeason('a')], 2))[0]).toMatchObject({ kind: 'forecast' });
    expect(predictor.status.training).toBe(true);
    await predictor.close();
    expect(await training).toEqual({ kind: 'failed', reason: 'the predictor was closed' });
    expect(await predictor.train([noisySeason('a')])).toMatchObject({ kind: 'failed' });
  });

  test.runIf(process.platform === 'linux')('gives way to everything else', async () => {
    const predictor = predictorOf({ maxEpochs: 200 });
    const training = predictor.train([noisySeason('a', 1, 2000)]);
    await vi.waitFor(() => expect(niceness()).toContain(19), { timeout: 60_000, interval: 20 });
    expect(niceness()[0]).toBe(0);
    await predictor.close();
    await training;
  });
});

/** Of all threads of this process, the main one first. */
function niceness(): readonly number[] {
  const tasks = readdirSync('/proc/self/task')
    .map(Number)
    .sort((left, right) => left - right);
  return tasks.map((task) => {
    const stat = readFileSync(`/proc/self/task/${task}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });
}
