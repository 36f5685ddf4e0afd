import type { NetworkShape, TrainingSettings } from '../options.ts';
import type { Cuts, TrainingSeries } from './training-set.ts';

/** What the worker is started with. */
export interface WorkerSettings {
  readonly shape: NetworkShape;
  readonly training: TrainingSettings;
}

/** To the worker. Every request but `cancel` is answered once with its id. */
export type WorkerRequest =
  | {
      readonly kind: 'train';
      readonly id: number;
      readonly series: readonly TrainingSeries[];
      readonly cuts: Cuts;
    }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'load'; readonly id: number; readonly weights: Float32Array }
  /** `inputs` is [windows, sequenceLength, features]. */
  | { readonly kind: 'infer'; readonly id: number; readonly inputs: Float32Array };

export type WorkerAnswer =
  | {
      readonly kind: 'trained';
      readonly id: number;
      readonly weights: Float32Array;
      readonly epochs: number;
      readonly validationLoss: number;
      readonly seconds: number;
    }
  | { readonly kind: 'cancelled'; readonly id: number }
  | { readonly kind: 'loaded'; readonly id: number }
  /** [windows, horizon, 3 quantiles], normalised. */
  | { readonly kind: 'inferred'; readonly id: number; readonly outputs: Float32Array }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string };

/** From the worker without being asked: the backend once it runs, and a sign of life during a training. */
export type WorkerNotice =
  | { readonly kind: 'backend'; readonly name: string }
  | { readonly kind: 'alive'; readonly id: number };
