import { describe, expect, test } from 'vitest';
import { BatchWriter } from '../../../../src/components/traffic-predictor/gru/batches.ts';
import { contextLength } from '../../../../src/components/traffic-predictor/gru/context.ts';
import { withLinearPath } from '../../../../src/components/traffic-predictor/gru/linear-path.ts';
import { createNetwork } from '../../../../src/components/traffic-predictor/network/network.ts';
import { seededRandom } from '../../../../src/utils/random.ts';
import { rangeOf, seriesOf } from '../series.ts';

const SHAPE = {
  sequenceLength: 12,
  features: 2,
  context: contextLength(3),
  horizon: 3,
  quantiles: 4,
  units: [3],
  dense: [5],
  batchNorm: false,
  dropout: 0,
};

function windowsOf(rates: Float64Array) {
  const series = seriesOf('chain', rates);
  const count = rates.length - SHAPE.sequenceLength - SHAPE.horizon;
  const places = {
    seriesOf: new Uint32Array(count),
    originOf: Int32Array.from({ length: count }, (_, i) => SHAPE.sequenceLength - 1 + i),
    count,
  };
  const writer = new BatchWriter([series], SHAPE, count);
  return writer.write(
    places,
    Uint32Array.from({ length: count }, (_, i) => i),
  );
}

describe('the linear path', () => {
  const random = seededRandom(4);
  const wave = windowsOf(rangeOf(600, (t) => 50 + 20 * Math.sin(t / 3)));
  const noise = windowsOf(rangeOf(2000, () => 50 + 10 * random()));

  test('forecasts what follows a linear recurrence', () => {
    const network = createNetwork(SHAPE, { seed: 1 });
    network.setWeights(withLinearPath(network.getWeights(), wave, SHAPE));
    const quantiles = network.predict(wave.inputs, wave.context, wave.size);
    for (let i = 0; i < wave.size * SHAPE.horizon; i++) {
      expect(Math.abs(quantiles[i * 4]! - wave.targets[i]!)).toBeLessThan(0.1);
    }
  });

  test('has quantiles as its errors ask for', () => {
    const network = createNetwork(SHAPE, { seed: 1 });
    network.setWeights(withLinearPath(network.getWeights(), noise, SHAPE));
    const quantiles = network.predict(noise.inputs, noise.context, noise.size);
    [0.5, 0.9, 0.95, 0.99].forEach((level, q) => {
      let below = 0;
      for (let i = 0; i < noise.size * SHAPE.horizon; i++) {
        if (noise.targets[i]! <= quantiles[i * 4 + q]!) below += 1;
      }
      expect(below / (noise.size * SHAPE.horizon)).toBeCloseTo(level, 1);
    });
  });

  test('leaves all but the heads as it was, and everything without windows', () => {
    const network = createNetwork(SHAPE, { seed: 1 });
    const before = network.getWeights();
    const after = withLinearPath(before, wave, SHAPE);
    const changed = after.findIndex((weight, i) => weight !== before[i]);
    expect(changed).toBeGreaterThan(100);
    expect(withLinearPath(before, { ...wave, size: 0 }, SHAPE)).toEqual(before);
  });
});
