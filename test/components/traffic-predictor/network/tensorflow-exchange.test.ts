import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { createNetwork } from '../../../../src/components/traffic-predictor/network/network.ts';
import type { NetworkShape } from '../../../../src/components/traffic-predictor/network/network-shape.ts';
import {
  fromLayersModel,
  toLayersModel,
} from '../../../../src/components/traffic-predictor/network/tensorflow-exchange.ts';
import { weightLayout } from '../../../../src/components/traffic-predictor/network/weight-layout.ts';
import { ORIGINAL, randomBatch, randomWeights, SMALL } from './samples.ts';

const SHAPES: Readonly<Record<string, NetworkShape>> = {
  'with context': SMALL,
  'with nothing but a GRU layer and a median': { ...SMALL, context: 0, quantiles: 1, horizon: 1, units: [7] },
  'with context and dense layers': { ...SMALL, units: [6, 4], dense: [5, 3] },
  'of the original': { ...ORIGINAL, sequenceLength: 8 },
};

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

describe.each(Object.entries(SHAPES))('a network %s', (_, shape) => {
  const weights = randomWeights(weightLayout(shape), 3);

  test('predicts the same in plain TensorFlow.js, and comes back as it went', async () => {
    const artifacts = await toLayersModel(shape, weights);
    const model = await loadLayersModel(tf.io.fromMemory(artifacts));
    const { inputs, context } = randomBatch(shape, 6, 4);
    const network = createNetwork(shape, { seed: 1 });
    network.setWeights(weights);
    const windows = tf.tensor3d(inputs, [6, shape.sequenceLength, shape.features]);
    const beside = tf.tensor2d(context, [6, shape.context]);
    const answer = model.predict(shape.context === 0 ? windows : [windows, beside]);
    if (!(answer instanceof tf.Tensor)) throw new Error('one output');
    expect(answer.shape).toEqual([6, shape.horizon, shape.quantiles]);
    const expected = answer.dataSync();
    network.predict(inputs, context, 6).forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5);
    });
    expect(await fromLayersModel(artifacts, shape)).toEqual(weights);
  });
});

describe('what is no network of this shape is refused with the reason:', () => {
  const weights = randomWeights(weightLayout(SMALL), 3);

  test('other units', async () => {
    const artifacts = await toLayersModel(SMALL, weights);
    await expect(fromLayersModel(artifacts, { ...SMALL, units: [6] })).rejects.toThrow(
      "the model's layer gru_0 has weights [2,15] [5,15] [15], allowed: [2,18] [6,18] [18]",
    );
  });

  test('a layer too few', async () => {
    const artifacts = await toLayersModel(SMALL, weights);
    await expect(fromLayersModel(artifacts, { ...SMALL, dense: [4] })).rejects.toThrow(
      'has no layer dense_0',
    );
  });

  test('another recurrent activation', async () => {
    const artifacts = await toLayersModel(SMALL, weights);
    const text = JSON.stringify(artifacts.modelTopology).replace(
      '"recurrent_activation":"sigmoid"',
      '"recurrent_activation":"hard_sigmoid"',
    );
    const other = { ...artifacts, modelTopology: JSON.parse(text) };
    await expect(fromLayersModel(other, SMALL)).rejects.toThrow('forecasts otherwise');
  });

  test('a weight that is not finite', async () => {
    const artifacts = await toLayersModel(SMALL, weights);
    new Float32Array(artifacts.weightData as ArrayBuffer)[3] = Number.NaN;
    await expect(fromLayersModel(artifacts, SMALL)).rejects.toThrow('the model has a weight NaN');
  });

  test('no model at all', async () => {
    await expect(fromLayersModel({ modelTopology: { model: 'none' } }, SMALL)).rejects.toThrow(
      'this is no layers model',
    );
    await expect(fromLayersModel({}, SMALL)).rejects.toThrow('this is no layers model');
  });
});
