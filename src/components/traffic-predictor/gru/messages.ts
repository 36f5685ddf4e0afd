import type { NetworkShape } from '../network/network-shape.ts';
import type { TrainingSettings } from '../options.ts';
import type { Retrained } from './retrain.ts';
import type { TrainedBefore } from './train-network.ts';
import type { TrainingSeries } from './training-places.ts';

/** What a thread is started for: one training. */
export interface TrainingTask {
  readonly shape: NetworkShape;
  readonly settings: TrainingSettings;
  readonly series: readonly TrainingSeries[];
  /** Nothing after it is trained or chosen on. */
  readonly cutSeconds: number;
  /** The present network, to go on from. */
  readonly before?: TrainedBefore;
}

export type TrainingAnswer =
  | (Extract<Retrained, { kind: 'trained' }> & { readonly seconds: number })
  | Exclude<Retrained, { kind: 'trained' }>;

/** From the thread: signs of life, and at last the answer. */
export type TrainingNotice = TrainingAnswer | { readonly kind: 'alive' };
