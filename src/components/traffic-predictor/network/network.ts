import type { Batch } from './batch.ts';
import { FusedNetwork } from './fused-network.ts';
import type { NetworkShape } from './network-shape.ts';
import { PlainKernels } from './plain-kernels.ts';
import { simdKernels } from './simd-kernels.ts';

/**
 * A network that forecasts quantiles: GRU layers over a window (Cho et al. 2014; `gru-layer.ts`), each with batch
 * normalisation (Ioffe & Szegedy 2015) and dropout (Srivastava et al. 2014) where the shape says so, then ReLU layers on
 * the last state and the context, then one linear head for the median of every step ahead and one for each increment to
 * the next quantile (Gasthaus et al. 2019; `pinball.ts`), which see the window and the context directly too. It learns by
 * the pinball loss (Koenker & Bassett 1978) with Adam (Kingma & Ba 2015) and a clipped gradient (Pascanu et al. 2013).
 * `weight-layout.ts` tells how its weights lie in a file.
 */
export interface Network {
  readonly shape: NetworkShape;
  readonly levels: readonly number[];
  readonly kernels: 'simd' | 'plain';
  /** Most bytes that its memory has had so far. */
  readonly peakBytes: number;
  /** A copy, in the order of `weightLayout`. */
  getWeights(): Float32Array;
  /** Adam goes on with its moments. Throws a RangeError when length or a number does not fit; nothing has changed then. */
  setWeights(weights: Float32Array): void;
  /**
   * Quantiles [n, horizon, quantiles] in the inputs' unit, non-decreasing from quantile to quantile. A window with numbers
   * that are not finite has no finite forecast; the others do not notice.
   *
   * @param inputs [n, sequenceLength, features]
   * @param context [n, context]
   */
  predict(inputs: Float32Array, context: Float32Array, n: number): Float32Array;
  /** Mean pinball loss over known targets and quantiles, as `predict` sees them; 0 when no target is known. */
  loss(batch: Batch): number;
  /** The loss as training sees it (dropout, statistics of the batch) and its gradient, in the order of `weightLayout`. */
  gradient(batch: Batch): { readonly loss: number; readonly gradient: Float32Array };
  /**
   * One step of Adam with the gradient's norm clipped; answers the loss before it. Without a known target nothing happens
   * and the answer is 0. Where loss or gradient are not finite nothing happens either, and the answer is NaN.
   */
  trainStep(batch: Batch, options: { readonly learningRate: number }): number;
  /** Forgets Adam's moments, as for another series of data. */
  resetOptimizer(): void;
  /** Lets go of the memory; everything else throws afterwards. */
  dispose(): void;
}

export interface NetworkOptions {
  /** Of initial weights and dropout. */
  readonly seed: number;
  /** Default: `simd` where this machine has it, else `plain`. They agree but for rounding. */
  readonly kernels?: 'simd' | 'plain';
  /** Ascending, one a quantile. Default: the first of 0.5, 0.9, 0.95, 0.99. */
  readonly levels?: readonly number[];
}

/** Throws a RangeError when the shape cannot be built, an Error when there is no SIMD and it is asked for. */
export function createNetwork(shape: NetworkShape, options: NetworkOptions): Network {
  const simd = options.kernels === 'plain' ? undefined : simdKernels();
  if (options.kernels === 'simd' && simd === undefined)
    throw new Error('this machine has no WebAssembly SIMD');
  return new FusedNetwork(shape, options, simd ?? new PlainKernels());
}
