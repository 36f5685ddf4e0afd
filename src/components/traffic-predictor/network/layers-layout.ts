import type { NetworkShape } from './network-shape.ts';
import { tensorNamed, type WeightTensor, weightLayout } from './weight-layout.ts';

/** One layer of the exchanged model and its tensors in the order in which Keras keeps them. */
export interface LayerTensors {
  readonly layer: string;
  readonly tensors: readonly PlacedTensor[];
}

export interface PlacedTensor {
  readonly shape: readonly number[];
  /** Of each of its numbers, row-major, the place in our vector of weights. */
  readonly places: Uint32Array;
}

/**
 * Which numbers of our vector a layers model keeps where. There each head is a layer of its own (the median and one
 * softplus layer for each increment), here they are columns of one kernel.
 */
export function layerTensors(shape: NetworkShape): readonly LayerTensors[] {
  const layout = weightLayout(shape);
  const layer = (name: string, tensors: readonly string[]): LayerTensors => ({
    layer: name,
    tensors: tensors.map((tensor) => whole(tensorNamed(layout, `${name}/${tensor}`))),
  });
  const recurrent = shape.units.flatMap((_, i) => {
    const gru = layer(`gru_${i}`, ['kernel', 'recurrent_kernel', 'bias']);
    if (!shape.batchNorm) return [gru];
    return [gru, layer(`norm_${i}`, ['gamma', 'beta', 'moving_mean', 'moving_variance'])];
  });
  const dense = shape.dense.map((_, i) => layer(`dense_${i}`, ['kernel', 'bias']));
  const kernel = tensorNamed(layout, 'head/kernel');
  const bias = tensorNamed(layout, 'head/bias');
  const heads = Array.from({ length: shape.quantiles }, (_, q) => ({
    layer: headName(q),
    tensors: [columns(kernel, q, shape.horizon), columns(bias, q, shape.horizon)],
  }));
  return [...recurrent, ...dense, ...heads];
}

/** Name of the layer of one head. */
export function headName(quantile: number): string {
  return quantile === 0 ? 'median' : `increment_${quantile}`;
}

function whole({ shape, offset, length }: WeightTensor): PlacedTensor {
  return { shape, places: Uint32Array.from({ length }, (_, i) => offset + i) };
}

/** The columns of one head. */
function columns({ shape, offset, length }: WeightTensor, quantile: number, horizon: number): PlacedTensor {
  const width = shape.at(-1)!;
  const rows = length / width;
  const places = Uint32Array.from(
    { length: rows * horizon },
    (_, i) => offset + Math.floor(i / horizon) * width + quantile * horizon + (i % horizon),
  );
  return { shape: shape.length === 1 ? [horizon] : [rows, horizon], places };
}
