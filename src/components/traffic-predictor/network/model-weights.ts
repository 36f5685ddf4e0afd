import type { Arena } from './arena.ts';
import { type DenseTensors, PackedKernel } from './dense-layer.ts';
import { PackedGruWeights } from './gru-weights.ts';
import type { Kernels, Place } from './kernels.ts';
import { headInputs, type NetworkShape } from './network-shape.ts';
import { PackedHeads } from './quantile-heads.ts';
import type { BlockTensors, NormTensors } from './recurrent-block.ts';
import { tensorNamed, trainableCount, weightCount, weightLayout } from './weight-layout.ts';

/** Places of all tensors, of the weights or of their gradients. */
export interface ModelTensors {
  readonly blocks: readonly BlockTensors[];
  readonly dense: readonly DenseTensors[];
  readonly heads: DenseTensors;
}

/** All weights of a network in the arena, their gradients, Adam's moments, and the forms that kernels read. */
export class ModelWeights {
  readonly count: number;
  readonly trainable: number;
  /** Vectors as `weightLayout` orders them. */
  readonly weights: Place;
  readonly gradients: Place;
  readonly firstMoments: Place;
  readonly secondMoments: Place;
  readonly tensors: ModelTensors;
  readonly gradientTensors: ModelTensors;
  readonly packedBlocks: readonly PackedGruWeights[];
  readonly packedDense: readonly PackedKernel[];
  readonly packedHeads: PackedHeads;
  #packed = false;

  constructor(kernels: Kernels, arena: Arena, shape: NetworkShape) {
    const layout = weightLayout(shape);
    this.count = weightCount(layout);
    this.trainable = trainableCount(layout);
    this.weights = arena.take(this.count);
    this.gradients = arena.take(this.count);
    this.firstMoments = arena.take(this.count);
    this.secondMoments = arena.take(this.count);
    this.tensors = tensorsAt(this.weights, shape);
    this.gradientTensors = tensorsAt(this.gradients, shape);
    this.packedBlocks = shape.units.map(
      (units, i) => new PackedGruWeights(kernels, arena, shape.units[i - 1] ?? shape.features, units),
    );
    this.packedDense = shape.dense.map(
      (units, i) => new PackedKernel(kernels, arena, denseInputs(shape, i), units),
    );
    this.packedHeads = new PackedHeads(kernels, arena, headSize(shape));
  }

  /** To be told after each change of the weights. */
  changed(): void {
    this.#packed = false;
  }

  packForward(): void {
    if (this.#packed) return;
    this.packedBlocks.forEach((packed, i) => {
      packed.packForward(this.tensors.blocks[i]!);
    });
    this.packedDense.forEach((packed, i) => {
      packed.packForward(this.tensors.dense[i]!.kernel);
    });
    this.packedHeads.packForward(this.tensors.heads.kernel);
    this.#packed = true;
  }

  packBack(): void {
    this.packedBlocks.forEach((packed, i) => {
      packed.packBack(this.tensors.blocks[i]!);
    });
    this.packedDense.forEach((packed, i) => {
      packed.packBack(this.tensors.dense[i]!.kernel);
    });
    this.packedHeads.packBack(this.tensors.heads.kernel);
  }
}

/** Numbers that a dense layer sees. */
export function denseInputs(shape: NetworkShape, layer: number): number {
  return shape.dense[layer - 1] ?? shape.units.at(-1)! + shape.context;
}

export function headSize(shape: NetworkShape) {
  const direct = shape.context + shape.sequenceLength * shape.features;
  return { hidden: headInputs(shape) - direct, direct, outputs: shape.quantiles * shape.horizon };
}

function tensorsAt(base: Place, shape: NetworkShape): ModelTensors {
  const layout = weightLayout(shape);
  const place = (name: string) => base + tensorNamed(layout, name).offset;
  const norm = (i: number): NormTensors => ({
    gamma: place(`norm_${i}/gamma`),
    beta: place(`norm_${i}/beta`),
    moving: { mean: place(`norm_${i}/moving_mean`), variance: place(`norm_${i}/moving_variance`) },
  });
  return {
    blocks: shape.units.map((_, i) => ({
      kernel: place(`gru_${i}/kernel`),
      recurrent: place(`gru_${i}/recurrent_kernel`),
      bias: place(`gru_${i}/bias`),
      norm: shape.batchNorm ? norm(i) : undefined,
    })),
    dense: shape.dense.map((_, i) => ({
      kernel: place(`dense_${i}/kernel`),
      bias: place(`dense_${i}/bias`),
    })),
    heads: { kernel: place('head/kernel'), bias: place('head/bias') },
  };
}
