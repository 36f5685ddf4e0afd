import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../../../src/components/traffic-predictor/network/batch.ts';
import { createNetwork } from '../../../../src/components/traffic-predictor/network/network.ts';
import type { NetworkShape } from '../../../../src/components/traffic-predictor/network/network-shape.ts';
import {
  tensorNamed,
  weightCount,
  weightLayout,
} from '../../../../src/components/traffic-predictor/network/weight-layout.ts';
import { ORIGINAL, randomBatch, randomWeights, SMALL } from './samples.ts';

const RATE = { learningRate: 0.01 };

describe.each(['simd', 'plain'] as const)('a network on %s kernels', (kernels) => {
  const create = (shape: NetworkShape, seed = 1) => createNetwork(shape, { seed, kernels });

  /** With random weights, so that every part of it has a say. */
  const busy = (shape: NetworkShape) => {
    const network = create(shape);
    network.setWeights(randomWeights(weightLayout(shape), 9));
    return network;
  };

  test('forecasts quantiles that never cross, for any window', () => {
    const network = busy(SMALL);
    const count = SMALL.sequenceLength * SMALL.features + SMALL.context;
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -1e6, max: 1e6, noNaN: true }), { minLength: count, maxLength: count }),
        (numbers) => {
          const inputs = Float32Array.from(numbers.slice(SMALL.context));
          const quantiles = network.predict(inputs, Float32Array.from(numbers.slice(0, SMALL.context)), 1);
          for (let i = 0; i < quantiles.length; i++) {
            if (i % SMALL.quantiles > 0) expect(quantiles[i]).toBeGreaterThanOrEqual(quantiles[i - 1]!);
          }
        },
      ),
      { seed: 6, numRuns: 200 },
    );
  });

  test('forecasts each window as if it were alone, and none as nothing', () => {
    const network = busy(SMALL);
    const { inputs, context } = randomBatch(SMALL, 45, 2);
    const together = network.predict(inputs, context, 45);
    const [width, answer] = [SMALL.sequenceLength * SMALL.features, SMALL.horizon * SMALL.quantiles];
    for (let i = 0; i < 45; i++) {
      const own = inputs.subarray(i * width, (i + 1) * width);
      const beside = context.subarray(i * SMALL.context, (i + 1) * SMALL.context);
      expect(network.predict(own, beside, 1)).toEqual(together.slice(i * answer, (i + 1) * answer));
    }
    expect(network.predict(inputs, context, 0)).toEqual(new Float32Array(0));
  });

  test('has no finite forecast for a window that is not finite, and the same ones for the others', () => {
    const network = busy(SMALL);
    const { inputs, context } = randomBatch(SMALL, 3, 2);
    const expected = network.predict(inputs, context, 3);
    inputs[SMALL.sequenceLength * SMALL.features] = Number.NaN;
    const found = network.predict(inputs, context, 3);
    const answer = SMALL.horizon * SMALL.quantiles;
    expect(found.slice(0, answer)).toEqual(expected.slice(0, answer));
    expect(found.slice(answer, 2 * answer).every(Number.isNaN)).toBe(true);
    expect(found.slice(2 * answer)).toEqual(expected.slice(2 * answer));
  });

  test('learns what follows from what was', () => {
    const shape = { ...SMALL, units: [8], dense: [6], quantiles: 1 };
    const network = create(shape);
    const batch = randomBatch(shape, 64, 3);
    batch.mask.fill(1);
    for (let i = 0; i < 64; i++) {
      const { sequenceLength, features, horizon } = shape;
      const first = batch.inputs[i * sequenceLength * features]!;
      batch.targets.fill(Math.abs(first), i * horizon, (i + 1) * horizon);
    }
    const before = network.loss(batch);
    for (let step = 0; step < 600; step++) network.trainStep(batch, RATE);
    expect(network.loss(batch)).toBeLessThan(0.15 * before);
  });

  test('answers the loss before the step, the mean pinball loss by hand', () => {
    const shape = { ...SMALL, horizon: 1, quantiles: 2 };
    const network = create(shape);
    const weights = network.getWeights();
    weights[tensorNamed(weightLayout(shape), 'head/bias').offset] = 1;
    network.setWeights(weights);
    // Heads without kernel: the median is its bias, the next quantile lies softplus(0) = ln 2 above.
    const batch = {
      ...randomBatch(shape, 2, 4),
      targets: Float32Array.of(2, 77),
      mask: Float32Array.of(1, 0),
    };
    const expected = (0.5 * (2 - 1) + 0.9 * (2 - 1 - Math.LN2)) / 2;
    expect(network.loss(batch)).toBeCloseTo(expected, 6);
    expect(network.trainStep(batch, RATE)).toBeCloseTo(expected, 6);
    expect(network.loss(batch)).toBeLessThan(expected);
  });

  test('counts a window of weight two as two', () => {
    const network = busy(SMALL);
    const one = { ...randomBatch(SMALL, 2, 5), weights: Float32Array.of(2, 1) };
    const twice = joined(one, part(one, SMALL, 0));
    const [expected, found] = [network.gradient(twice), network.gradient(one)];
    expect(found.loss).toBeCloseTo(expected.loss, 6);
    found.gradient.forEach((value, i) => {
      expect(value).toBeCloseTo(expected.gradient[i]!, 6);
    });
  });

  test('does not look at a target that is unknown', () => {
    const batch = randomBatch(SMALL, 6, 6);
    const odd = {
      ...batch,
      targets: batch.targets.map((target, i) => (batch.mask[i] === 0 ? Number.NaN : target)),
    };
    expect(odd.targets.some(Number.isNaN)).toBe(true);
    expect(busy(SMALL).gradient(odd)).toEqual(busy(SMALL).gradient(batch));
  });

  test('stays as it is when nothing is known', () => {
    const network = busy(SMALL);
    const before = network.getWeights();
    const batch = randomBatch(SMALL, 6, 6);
    batch.mask.fill(0);
    expect(network.loss(batch)).toBe(0);
    expect(network.trainStep(batch, RATE)).toBe(0);
    expect(network.trainStep({ ...batch, size: 0 }, RATE)).toBe(0);
    expect(network.getWeights()).toEqual(before);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'stays as it is when a number is %s, and learns on',
    (odd) => {
      const shape = { ...SMALL, batchNorm: true, units: [4, 3], dense: [3] };
      const [network, twin] = [busy(shape), busy(shape)];
      const batch = randomBatch(shape, 6, 7);
      batch.mask.fill(1);
      for (const key of ['inputs', 'context', 'targets'] as const) {
        const bad = { ...batch, [key]: Float32Array.from(batch[key]).fill(odd, 4, 5) };
        expect(network.trainStep(bad, RATE)).toBeNaN();
        expect(network.getWeights()).toEqual(twin.getWeights());
        expect(network.trainStep(batch, RATE)).toBe(twin.trainStep(batch, RATE));
        expect(network.getWeights()).toEqual(twin.getWeights());
      }
    },
  );

  test('refuses weights that are no weights of it and keeps its own', () => {
    const network = busy(SMALL);
    const before = network.getWeights();
    const count = weightCount(weightLayout(SMALL));
    expect(() => network.setWeights(new Float32Array(7))).toThrow(`weights: found 7, allowed: ${count}`);
    expect(() => network.setWeights(before.map((weight, i) => (i === 5 ? Number.NaN : weight)))).toThrow(
      'weights: found NaN at 5, allowed: finite numbers',
    );
    expect(network.getWeights()).toEqual(before);
  });

  test('gives its weights away as a copy, and forecasts the same with them elsewhere', () => {
    const [network, other] = [busy(SMALL), create(SMALL, 2)];
    const { inputs, context } = randomBatch(SMALL, 3, 2);
    const expected = network.predict(inputs, context, 3);
    const weights = network.getWeights();
    other.setWeights(weights);
    weights.fill(0);
    expect(network.predict(inputs, context, 3)).toEqual(expected);
    expect(other.predict(inputs, context, 3)).toEqual(expected);
  });

  test('trains the same with the same seed, dropout included, and otherwise with another', () => {
    const shape = { ...SMALL, units: [6, 4], dropout: 0.4 };
    const trained = (seed: number) => {
      const network = create(shape, seed);
      const losses = [1, 2, 3].map((i) => network.trainStep(randomBatch(shape, 5, i), RATE));
      return [losses, network.getWeights()];
    };
    expect(trained(3)).toEqual(trained(3));
    expect(trained(3)).not.toEqual(trained(4));
  });

  test('trains like a new one after its optimizer is reset', () => {
    const network = create(SMALL);
    const start = network.getWeights();
    const batch = randomBatch(SMALL, 5, 8);
    network.trainStep(batch, RATE);
    const once = network.getWeights();
    network.setWeights(start);
    network.trainStep(batch, RATE);
    expect(network.getWeights()).not.toEqual(once);
    network.setWeights(start);
    network.resetOptimizer();
    network.trainStep(batch, RATE);
    expect(network.getWeights()).toEqual(once);
  });

  test('moves the moving statistics towards those of the batch, by a hundredth a step', () => {
    const shape = { ...SMALL, batchNorm: true };
    const network = create(shape);
    const batch = randomBatch(shape, 6, 9);
    const mean = tensorNamed(weightLayout(shape), 'norm_0/moving_mean');
    const read = () => network.getWeights().slice(mean.offset, mean.offset + mean.length);
    network.trainStep(batch, { learningRate: 1e-30 });
    const first = read();
    network.trainStep(batch, { learningRate: 1e-30 });
    read().forEach((value, i) => {
      expect(first[i]).not.toBe(0);
      expect(value / first[i]!).toBeCloseTo(1.99, 4);
    });
  });

  test('cannot be used once it is disposed of', () => {
    const network = create(SMALL);
    network.dispose();
    expect(() => network.getWeights()).toThrow('this network was disposed of');
    expect(() => network.loss(randomBatch(SMALL, 1, 1))).toThrow('this network was disposed of');
  });

  test('says what is wrong with a batch or a learning rate', () => {
    const network = create(SMALL);
    const batch = randomBatch(SMALL, 2, 1);
    expect(() => network.loss({ ...batch, size: 3 })).toThrow(
      'inputs: found 20 numbers, allowed: at least 30',
    );
    expect(() => network.predict(batch.inputs, batch.context, 1.5)).toThrow('windows: found 1.5');
    expect(() => network.trainStep(batch, { learningRate: Number.NaN })).toThrow('learningRate: found NaN');
  });
});

test('the original network trains on 32 windows in a fraction of 100 MB', () => {
  const network = createNetwork(ORIGINAL, { seed: 1 });
  expect(network.trainStep(randomBatch(ORIGINAL, 32, 1), RATE)).toBeGreaterThan(0);
  expect(network.peakBytes).toBeLessThan(20e6);
});

test.each([
  [{ units: [] }, 'units: found []'],
  [{ units: [0] }, 'units: found 0'],
  [{ context: -1 }, 'context: found -1'],
  [{ dense: [2.5] }, 'dense: found 2.5'],
  [{ dropout: 1 }, 'dropout: found 1'],
  [{ quantiles: 5 }, 'levels: found [0.5, 0.9, 0.95, 0.99], allowed: 5'],
])('a network with %o is refused', (change, message) => {
  expect(() => createNetwork({ ...SMALL, ...change }, { seed: 1 })).toThrow(message);
});

/** One window of a batch, of weight one. */
function part(batch: Batch, shape: NetworkShape, index: number): Batch {
  const row = (values: Float32Array, width: number) => values.slice(index * width, (index + 1) * width);
  return {
    size: 1,
    inputs: row(batch.inputs, shape.sequenceLength * shape.features),
    context: row(batch.context, shape.context),
    targets: row(batch.targets, shape.horizon),
    mask: row(batch.mask, shape.horizon),
  };
}

/** Both batches' windows, all of weight one. */
function joined(a: Batch, b: Batch): Batch {
  const both = (key: 'inputs' | 'context' | 'targets' | 'mask') => Float32Array.of(...a[key], ...b[key]);

  return {
    size: a.size + b.size,
    inputs: both('inputs'),
    context: both('context'),
    targets: both('targets'),
    mask: both('mask'),
  };
}
