import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { GruForecaster } from '../../../src/components/traffic-predictor/gru/gru-forecaster.ts';
import { GruWorker, workerEntry } from '../../../src/components/traffic-predictor/gru/gru-worker.ts';
import { networkShape, trainingSettings } from '../../../src/components/traffic-predictor/options.ts';
import { TrafficPredictor } from '../../../src/components/traffic-predictor/traffic-predictor.ts';
import type { ChainSeries } from '../../../src/models/metrics.ts';
import { seededRandom } from '../../../src/utils/random.ts';
import { rangeOf, seriesOf } from './series.ts';

const tiny = { sequenceLength: 12, predictionHorizon: 3, units: [8], maxEpochs: 3, trainingBudget: 20 };
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

// Starting TensorFlow takes most of the time, so trainings share a predictor; each test trains it anew.
const shared = new TrafficPredictor(tiny);
afterAll(() => shared.close());

describe('training', () => {
  const history = [noisySeason('a'), noisySeason('b', 30)];

  test('gives the same network for the same seed; saved bytes bring it back elsewhere', async () => {
    expect(new TrafficPredictor().save()).toBeUndefined();
    expect(await shared.train(history)).toMatchObject({ kind: 'trained', epochs: 3 });
    const saved = shared.save();
    await shared.train(history);
    expect(shared.save()).toEqual(saved);
    expect(shared.status).toMatchObject({ training: false, lastTraining: { kind: 'trained' } });
    expect(['tensorflow', 'wasm', 'cpu']).toContain(shared.status.backend);

    const other = predictorOf({ seed: 2 });
    await other.train(history);
    expect(other.save()).not.toEqual(saved);
    expect(await other.load(saved!)).toEqual({ kind: 'loaded' });
    const forecasts = await shared.predict(history, 2);
    expect(await other.predict(history, 2)).toEqual(forecasts);
    expect(forecasts[0]).toMatchObject({ backtest: { gru: expect.any(Number) } });
  });

  test('learns nothing from gaps: the network stays finite whatever is missing', async () => {
    const random = seededRandom(13);
    const whole = noisySeason('gappy', 1, 240);
    const gappy = { ...whole, rates: whole.rates.map((rate) => (random() < 0.2 ? Number.NaN : rate)) };
    const outcome = await shared.train([gappy]);
    expect(outcome.kind === 'trained' && Number.isFinite(outcome.validationLoss)).toBe(true);
    const [forecast] = await shared.predict([gappy], 2);
    expect(forecast?.kind === 'forecast' && forecast.medians.every(Number.isFinite)).toBe(true);
  });

  test('needs three times sequence and horizon in one series', async () => {
    const outcome = await shared.train([noisySeason('short', 1, 44), noisySeason('shorter', 1, 20)]);
    expect(outcome).toEqual({ kind: 'not-enough-data', have: 44, need: 45 });
  });

  test('that fails or is cancelled leaves the network before; a second call joins the first', async () => {
    await shared.train(history);
    const saved = shared.save();
    const constant = seriesOf('constant', new Array(100).fill(5));
    expect(await shared.train([constant])).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('no window'),
    });
    const controller = new AbortController();
    const first = shared.train([noisySeason('a', 2)], controller.signal);
    expect(shared.train([noisySeason('b')])).toBe(first);
    expect(shared.status.training).toBe(true);
    controller.abort();
    expect(await first).toEqual({ kind: 'cancelled' });
    expect(shared.save()).toEqual(saved);
  });

  test('is refused nothing but a network that fits: damaged bytes and other shapes change nothing', async () => {
    await shared.train(history);
    const saved = shared.save()!;
    const damaged = saved.slice();
    damaged[damaged.length - 50]! ^= 1;
    expect(await shared.load(damaged)).toEqual({ kind: 'refused', reason: 'the saved network is damaged' });
    expect(await predictorOf({ units: [4] }).load(saved)).toMatchObject({ kind: 'refused' });
    expect(shared.save()).toEqual(saved);
  });
});

describe('the network in front of the gate', () => {
  test('does not speak for a random walk', async () => {
    const random = seededRandom(14);
    let level = 1000;
    const walk = rangeOf(200, () => {
      level += random() - 0.5;
      return level;
    });
    await shared.train([seriesOf('walk', walk)]);
    const [forecast] = await shared.predict([seriesOf('walk', walk)], 2);
    expect(forecast).toMatchObject({ kind: 'forecast', backtest: { gru: expect.any(Number) } });
    expect(forecast?.kind === 'forecast' && forecast.model).not.toBe('gru');
  });

  test('or a baseline beats the last value on a clean day shape', async () => {
    const day = seriesOf(
      'day',
      rangeOf(240, (step) => 100 + 60 * Math.sin((2 * Math.PI * step) / 24)),
    );
    await shared.train([day]);
    const [forecast] = await shared.predict([day], 2);
    if (forecast?.kind !== 'forecast') throw new Error('no forecast');
    expect(forecast.model).not.toBe('naive');
    expect(forecast.backtest[forecast.model]).toBeLessThan(0.1);
  });

  test('speaks where it sees what baselines cannot: the latency that tells of the next rate', async () => {
    const random = seededRandom(15);
    const secret = rangeOf(300, () => random());
    const told = {
      ...seriesOf(
        'told',
        rangeOf(300, (step) => 100 + 50 * (secret[step - 1] ?? 0.5)),
      ),
      latencies: rangeOf(300, (step) => 0.01 * Math.exp(2 * secret[step]!)),
    };
    const predictor = predictorOf({
      sequenceLength: 4,
      predictionHorizon: 1,
      maxEpochs: 8,
      learningRate: 0.05,
    });
    await predictor.train([told]);
    const [forecast] = await predictor.predict([told], 1);
    expect(forecast).toMatchObject({ model: 'gru' });
    await predictor.close();
    const [fallback] = await predictor.predict([told], 1);
    expect(fallback).toMatchObject({
      reason: expect.stringContaining('the GRU would lead but gave no forecast'),
    });
  });
});

describe('the worker thread', () => {
  function withWorker(seed: number, entry: () => URL, silenceSeconds = 30): TrafficPredictor {
    const options = { ...tiny, seed };
    const settings = { shape: networkShape(options), training: trainingSettings(options) };
    const worker = new GruWorker(settings, silenceSeconds, entry);
    return predictorOf(options, new GruForecaster(settings.shape, settings.training, worker));
  }

  const dying = () => new URL('./dying-worker.ts', import.meta.url);

  test('that ends is a failed training, and the next one starts it anew', async () => {
    const entries = [dying, workerEntry];
    const predictor = withWorker(1, () => entries.shift()!());
    const reason = 'the worker thread ended with code 7';
    expect(await predictor.train([noisySeason('a')])).toEqual({ kind: 'failed', reason });
    expect(predictor.status.lastTraining).toMatchObject({ kind: 'failed' });
    expect(await predictor.train([noisySeason('a')])).toMatchObject({ kind: 'trained' });
  });

  test('that throws is a failed training', async () => {
    expect(await withWorker(2, dying).train([noisySeason('a')])).toEqual({
      kind: 'failed',
      reason: 'the worker thread died: out of luck',
    });
  });

  test('that takes more memory than it may ends alone, and the next one starts it anew', async () => {
    const entries = [dying, workerEntry];
    const predictor = withWorker(4, () => entries.shift()!());
    const outcome = await predictor.train([noisySeason('a')]);
    expect(outcome).toMatchObject({ kind: 'failed', reason: expect.stringContaining('memory limit') });
    expect(await predictor.train([noisySeason('a')])).toMatchObject({ kind: 'trained' });
  });

  test('that stays silent is a failed training', async () => {
    const predictor = withWorker(3, dying, 0.2);
    expect(await predictor.train([noisySeason('a')])).toEqual({
      kind: 'failed',
      reason: 'the worker thread was silent for 0.2 s',
    });
  });

  test('that is silent leaves baselines to speak', async () => {
    await shared.train([noisySeason('a')]);
    const predictor = withWorker(3, dying, 0.2);
    expect(await predictor.load(shared.save()!)).toMatchObject({ kind: 'refused' });
    expect((await predictor.predict([noisySeason('a')], 2))[0]).toMatchObject({ kind: 'forecast' });
  });

  test('ends with close, which answers an open training; later trainings fail', async () => {
    const predictor = predictorOf();
    const training = predictor.train([noisySeason('a')]);
    await new Promise((resolve) => setImmediate(resolve));
    await predictor.close();
    expect(await training).toMatchObject({ kind: 'failed' });
    expect(await predictor.train([noisySeason('a')])).toMatchObject({ kind: 'failed' });
  });
});
