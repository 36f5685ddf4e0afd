import type { NetworkShape } from '../network/network-shape.ts';
import type { TrainingSettings } from '../options.ts';
import type { Cuts, TrainingSeries } from './training-set.ts';

/** What a thread is started for: one training. */
export interface TrainingTask {
  readonly shape: NetworkShape;
  readonly settings: TrainingSettings;
  readonly series: readonly TrainingSeries[];
  readonly cuts: Cuts;
  /** Weights of the present network, to go on from. */
  readonly weights?: Float32Array;
}

export type TrainingAnswer =
  | {
      readonly kind: 'trained';
      readonly weights: Float32Array;
      readonly epochs: number;
      readonly validationLoss: number;
      /** Of the present network on the same windows. */
      readonly previousLoss?: number;
      readonly seconds: number;
    }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly reason: string };

/** From the thread: signs of life, and at last the answer. */
export type TrainingNotice = TrainingAnswer | { readonly kind: 'alive' };
