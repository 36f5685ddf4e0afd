import type { Batch } from '../../src/components/traffic-predictor/network/batch.ts';
import type { NetworkShape } from '../../src/components/traffic-predictor/network/network-shape.ts';
import { seededRandom } from '../../src/utils/random.ts';

/** Windows of random walks and what follows them, as far as speed and gradients are concerned: numbers around ±1. */
export function randomWindows(shape: NetworkShape, size: number, seed: number): Batch {
  const random = seededRandom(seed);
  const walks = (rows: number, length: number) => {
    const numbers = new Float32Array(rows * length);
    for (let row = 0; row < rows; row++) {
      let value = 0;
      for (let i = 0; i < length; i++) {
        value = 0.9 * value + random() - 0.5;
        numbers[row * length + i] = value;
      }
    }
    return numbers;
  };
  return {
    size,
    inputs: walks(size, shape.sequenceLength * shape.features),
    context: walks(size, shape.context),
    targets: walks(size, shape.horizon),
    mask: new Float32Array(size * shape.horizon).fill(1),
  };
}
