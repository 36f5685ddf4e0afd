import { expect, test } from 'vitest';
import { createNetwork } from '../../../../src/components/traffic-predictor/network/network.ts';
import {
  trainableCount,
  weightLayout,
} from '../../../../src/components/traffic-predictor/network/weight-layout.ts';
import { randomBatch, randomWeights, SMALL } from './samples.ts';

test.each(['simd', 'plain'] as const)(
  'training on %s kernels is Adam with the norm clipped at 1, in float64',
  (kernels) => {
    const shape = { ...SMALL, batchNorm: true };
    const layout = weightLayout(shape);
    const network = createNetwork(shape, { seed: 1, kernels });
    network.setWeights(randomWeights(layout, 1));
    const count = trainableCount(layout);
    const expected = Float64Array.from(network.getWeights().subarray(0, count));
    const [first, second] = [new Float64Array(count), new Float64Array(count)];
    const norms: number[] = [];
    for (let step = 1; step <= 6; step++) {
      const drawn = randomBatch(shape, 6, step);
      // Every other batch is a burst.
      const batch = { ...drawn, inputs: drawn.inputs.map((input) => (step % 2 === 0 ? 30 * input : input)) };
      const { gradient } = network.gradient(batch);
      const trained = gradient.subarray(0, count);
      const norm = Math.hypot(...trained);
      norms.push(norm);
      trained.forEach((raw, i) => {
        const g = raw / Math.max(1, norm);
        first[i] = 0.9 * first[i]! + 0.1 * g;
        second[i] = 0.999 * second[i]! + 0.001 * g * g;
        const [m, v] = [first[i]! / (1 - 0.9 ** step), second[i]! / (1 - 0.999 ** step)];
        expected[i]! -= (0.02 * m) / (Math.sqrt(v) + 1e-7);
      });
      network.trainStep(batch, { learningRate: 0.02 });
      const found = network.getWeights();
      expected.forEach((weight, i) => {
        expect(Math.abs(found[i]! - weight), `step ${step}, weight ${i}`).toBeLessThan(1e-5);
      });
      // The next step starts from the same weights, so that roundings do not add up.
      expected.set(found.subarray(0, count));
    }
    expect(Math.min(...norms)).toBeLessThan(1);
    expect(Math.max(...norms)).toBeGreaterThan(1);
  },
);
