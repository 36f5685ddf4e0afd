import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  buildNetwork,
  pinballLoss,
  quantilesOf,
  setWeights,
  weightsOf,
} from '../../../../src/components/traffic-predictor/gru/network.ts';
import { trainNetwork } from '../../../../src/components/traffic-predictor/gru/training.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { rangeOf, seriesOf } from '../series.ts';

const shape = { sequenceLength: 6, horizon: 2, features: 1, units: [4] };
const settings = { learningRate: 0.01, batchSize: 32, maxEpochs: 2, budgetSeconds: 60, seed: 1 };

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

test('quantiles never cross, whatever the outputs', () => {
  const random = seededRandom(16);
  const outputs = tf.tensor2d(
    Float32Array.from({ length: 40 * 6 }, () => 40 * random() - 20),
    [40, 6],
  );
  const quantiles = quantilesOf(outputs, 2).dataSync();
  for (let i = 0; i < quantiles.length; i += 3) {
    expect(quantiles[i + 1]).toBeGreaterThanOrEqual(quantiles[i]!);
    expect(quantiles[i + 2]).toBeGreaterThanOrEqual(quantiles[i + 1]!);
  }
});

test('the loss is the mean pinball loss by hand, and an unknown target adds nothing to it', () => {
  const outputs = tf.tensor2d([[1, 0, 0, 5, 9, 9]]);
  const loss = pinballLoss(outputs, tf.tensor2d([[2, 77]]), tf.tensor2d([[1, 0]])).dataSync()[0];
  const [q90, q95] = [1 + Math.LN2, 1 + 2 * Math.LN2];
  // 2 lies above the first two quantiles and below the third.
  expect(loss).toBeCloseTo((0.5 * 1 + 0.9 * (2 - q90) + (1 - 0.95) * (q95 - 2)) / 3, 6);
});

test('weights come back as they were taken, and others in number are refused', () => {
  const one = buildNetwork(shape, 1);
  const other = buildNetwork(shape, 2);
  setWeights(other, weightsOf(one));
  expect(weightsOf(other)).toEqual(weightsOf(one));
  expect(() => setWeights(other, new Float32Array(7))).toThrow(RangeError);
});

describe('training', () => {
  const random = seededRandom(17);
  const { rates, latencies, errorRatios } = seriesOf(
    'chain',
    rangeOf(90, (step) => 10 + (step % 7) + random()),
  );
  const series = [{ firstStep: 0, rates, latencies, errorRatios }];
  const cuts = { trainingEnd: 60, validationEnd: 80 };
  const control = { now: () => 0, isCancelled: () => false };

  test('leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    expect(await trainNetwork(series, cuts, shape, settings, control)).toMatchObject({ kind: 'trained' });
    await trainNetwork(series, cuts, shape, settings, { ...control, isCancelled: () => true });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('sees nothing after the end of validation', async () => {
    const later = { ...series[0]!, rates: rates.map((rate, step) => (step < 80 ? rate : 1000)) };
    const first = await trainNetwork(series, cuts, shape, settings, control);
    expect(await trainNetwork([later], cuts, shape, settings, control)).toEqual(first);
  });

  test('stops when its time is over', async () => {
    let now = 0;
    const clock = { now: () => now++, isCancelled: () => false };
    const outcome = await trainNetwork(
      series,
      cuts,
      shape,
      { ...settings, maxEpochs: 50, budgetSeconds: 5 },
      clock,
    );
    expect(outcome).toMatchObject({ kind: 'trained' });
    expect(outcome.kind === 'trained' && outcome.epochs).toBeLessThan(5);
  });
});
