import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, test } from 'vitest';
import { gradientError } from '../../../../bench/gru/compare-gradients.ts';
import { TensorflowNetwork } from '../../../../bench/gru/tensorflow-network.ts';
import { createNetwork } from '../../../../src/components/traffic-predictor/network/network.ts';
import type { NetworkShape } from '../../../../src/components/traffic-predictor/network/network-shape.ts';
import { weightLayout } from '../../../../src/components/traffic-predictor/network/weight-layout.ts';
import { ORIGINAL, randomBatch, randomWeights, SMALL } from './samples.ts';

const SHAPES: Readonly<Record<string, NetworkShape>> = {
  'of the default size': { ...SMALL, sequenceLength: 20, units: [32], context: 8 },
  'of odd sizes': { ...SMALL, units: [7, 5], dense: [3], context: 0 },
  'of the original': { ...ORIGINAL, sequenceLength: 6, dropout: 0 },
};

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

test.each(Object.entries(SHAPES))(
  "the gradient of a network %s is that of TensorFlow.js' autodiff",
  (_, shape) => {
    const weights = randomWeights(weightLayout(shape), 1);
    const network = createNetwork(shape, { seed: 1 });
    network.setWeights(weights);
    const reference = new TensorflowNetwork(shape, network.levels, weights);
    const batch = randomBatch(shape, 9, 2);
    expect(gradientError(network, reference, batch)).toBeLessThan(2e-5);
    expect(network.gradient(batch).loss).toBeCloseTo(reference.gradient(batch).loss, 5);
    reference.dispose();
  },
);
