import type { Batch } from '../../src/components/traffic-predictor/network/batch.ts';
import type { Network } from '../../src/components/traffic-predictor/network/network.ts';
import { weightLayout } from '../../src/components/traffic-predictor/network/weight-layout.ts';
import type { TensorflowNetwork } from './tensorflow-network.ts';

/**
 * The largest relative error of a tensor of the gradient against autodiff at the same weights: largest absolute
 * difference over largest absolute number of the tensor. Without dropout, whose draws differ.
 */
export function gradientError(ours: Network, theirs: TensorflowNetwork, batch: Batch): number {
  theirs.setWeights(ours.getWeights());
  const { gradient } = ours.gradient(batch);
  const expected = theirs.gradient(batch).gradient;
  const errors = weightLayout(ours.shape).map(({ offset, length }) => {
    let [largest, error] = [0, 0];
    for (let i = offset; i < offset + length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]!));
      error = Math.max(error, Math.abs(expected[i]! - gradient[i]!));
    }
    return largest === 0 ? error : error / largest;
  });
  return Math.max(...errors);
}
