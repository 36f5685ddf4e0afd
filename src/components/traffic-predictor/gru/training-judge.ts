import type { Batch } from '../network/batch.ts';
import { createNetwork, type Network } from '../network/network.ts';
import type { NetworkShape } from '../network/network-shape.ts';
import { BatchWriter } from './batches.ts';
import { spread, type TrainingSeries, type WindowPlaces } from './training-places.ts';

const MOST_WINDOWS = 1024;

/** The validation loss of weights, on a network of its own, and the best of them so far. */
export class TrainingJudge {
  readonly #network: Network;
  /** The validation windows. */
  readonly batch: Batch;
  best: { readonly weights: Float32Array; readonly loss: number } | undefined;

  constructor(series: readonly TrainingSeries[], places: WindowPlaces, shape: NetworkShape) {
    this.#network = createNetwork(shape, { seed: 0 });
    const indices = spread(places, MOST_WINDOWS);
    this.batch = new BatchWriter(series, shape, indices.length).write(places, indices);
  }

  /** Whether they are better than all before; then they are kept. Weights of no use never are. */
  isBest(weights: Float32Array): boolean {
    if (!weights.every(Number.isFinite)) return false;
    this.#network.setWeights(weights);
    const loss = this.#network.loss(this.batch);
    if (!(loss < (this.best?.loss ?? Number.POSITIVE_INFINITY))) return false;
    this.best = { weights, loss };
    return true;
  }

  dispose(): void {
    this.#network.dispose();
  }
}
