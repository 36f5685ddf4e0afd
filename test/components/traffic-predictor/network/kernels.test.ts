import { describe, expect, test } from 'vitest';
import { createNetwork } from '../../../../src/components/traffic-predictor/network/network.ts';
import type { NetworkShape } from '../../../../src/components/traffic-predictor/network/network-shape.ts';
import { weightLayout } from '../../../../src/components/traffic-predictor/network/weight-layout.ts';
import { ORIGINAL, randomBatch, randomWeights, SMALL } from './samples.ts';

const SHAPES: Readonly<Record<string, NetworkShape>> = {
  small: SMALL,
  'odd units': { ...SMALL, units: [7, 1, 3], dense: [5, 2], horizon: 1, quantiles: 1, context: 0 },
  'normalised and with dropout': { ...SMALL, units: [6, 4], dense: [4], batchNorm: true, dropout: 0.3 },
  'the original': { ...ORIGINAL, sequenceLength: 11 },
};

describe('kernels in SIMD and in plain TypeScript', () => {
  test.each(Object.entries(SHAPES))('agree on loss, gradient and forecasts: %s', (_, shape) => {
    const weights = randomWeights(weightLayout(shape), 5);
    for (const size of [1, 2, 8, 13]) {
      const batch = randomBatch(shape, size, size);
      const [simd, plain] = (['simd', 'plain'] as const).map((kernels) => {
        const network = createNetwork(shape, { seed: 1, kernels });
        network.setWeights(weights);
        const { loss, gradient } = network.gradient(batch);
        const forecasts = network.predict(batch.inputs, batch.context, size);
        return [[loss], [network.loss(batch)], [...gradient], [...forecasts]];
      });
      plain!.forEach((expected, i) => {
        const largest = Math.max(...expected.map(Math.abs));
        const error = Math.max(...expected.map((value, k) => Math.abs(value - simd![i]![k]!)));
        expect(error, `size ${size}, answer ${i}`).toBeLessThan(2e-5 * largest);
      });
    }
  });
});
