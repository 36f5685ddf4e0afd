import { describe, expect, test } from 'vitest';
import { FusedNetwork } from '../../../../src/components/traffic-predictor/network/fused-network.ts';
import type { NetworkShape } from '../../../../src/components/traffic-predictor/network/network-shape.ts';
import { PlainKernels } from '../../../../src/components/traffic-predictor/network/plain-kernels.ts';
import { weightLayout } from '../../../../src/components/traffic-predictor/network/weight-layout.ts';
import { randomBatch, randomWeights, SMALL } from './samples.ts';

const SHAPES: Readonly<Record<string, NetworkShape>> = {
  'one GRU layer with context': SMALL,
  'one GRU layer with nothing else': { ...SMALL, context: 0, quantiles: 1, horizon: 1, units: [1] },
  'three GRU layers and two dense layers': { ...SMALL, units: [7, 4, 3], dense: [6, 3] },
  dropout: { ...SMALL, sequenceLength: 3, horizon: 1, units: [5, 3], dropout: 0.4 },
  'batch normalisation': { ...SMALL, units: [4, 3], dense: [4], batchNorm: true },
};

describe('the gradient is that of finite differences, in float64,', () => {
  test.each(Object.entries(SHAPES))('with %s', (_, shape) => {
    const weights = randomWeights(weightLayout(shape), 2);
    const batch = randomBatch(shape, 5, 3);
    /** With one weight moved; a new network each time, so that dropout draws the same. */
    const gradientWith = (index: number, step: number) => {
      const kernels = new PlainKernels(new Float64Array(0));
      const network = new FusedNetwork(shape, { seed: 1 }, kernels);
      network.setWeights(weights);
      // The vector of weights is the first in the arena; a Float32Array would round the step away.
      kernels.values[index]! += step;
      return network.gradient(batch);
    };
    const { gradient } = gradientWith(0, 0);
    const step = 1e-6;
    for (const { name, offset, length, trainable } of weightLayout(shape)) {
      let [largest, error] = [0, 0];
      for (let i = offset; i < offset + length; i++) {
        const expected = (gradientWith(i, step).loss - gradientWith(i, -step).loss) / (2 * step);
        largest = Math.max(largest, Math.abs(expected));
        error = Math.max(error, Math.abs(expected - gradient[i]!));
      }
      if (trainable) expect(largest, name).toBeGreaterThan(0);
      else expect(largest, name).toBe(0);
      expect(error, name).toBeLessThan(1e-6 * Math.max(largest, 1e-2));
    }
  });
});
