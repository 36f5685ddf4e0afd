import { Arena } from './arena.ts';
import type { Batch } from './batch.ts';
import { DenseLayer } from './dense-layer.ts';
import type { Sequence } from './gru-layer.ts';
import type { Kernels, Place } from './kernels.ts';
import { denseInputs, headSize, type ModelWeights } from './model-weights.ts';
import type { NetworkShape } from './network-shape.ts';
import { pinballBack, pinballLoss, stackQuantiles, type WeightedLoss } from './pinball.ts';
import { QuantileHeads } from './quantile-heads.ts';
import { RecurrentBlock } from './recurrent-block.ts';

/**
 * The network laid out for a number of columns: forwards for prediction, or both ways for training. Last state, context
 * and inputs lie behind each other, [units + context + steps · features × columns], so that dense layers and heads read
 * them as one matrix.
 */
export class Pass {
  readonly #kernels: Kernels;
  readonly #shape: NetworkShape;
  readonly #levels: readonly number[];
  readonly #weights: ModelWeights;
  readonly #columns: number;
  readonly #state: Place;
  readonly #context: Place;
  readonly #inputs: Sequence;
  readonly #blocks: readonly RecurrentBlock[];
  readonly #dense: readonly DenseLayer[];
  readonly #heads: QuantileHeads;
  readonly #quantiles: Place;
  readonly #stateGradient: Place;

  constructor(
    kernels: Kernels,
    after: Arena,
    shape: NetworkShape,
    levels: readonly number[],
    weights: ModelWeights,
    columns: number,
    training: boolean,
  ) {
    const arena = new Arena(kernels, after);
    this.#kernels = kernels;
    this.#shape = shape;
    this.#levels = levels;
    this.#weights = weights;
    this.#columns = columns;
    const { sequenceLength: steps, features, context, units } = shape;
    const last = units.at(-1)!;
    this.#state = arena.take((last + context + steps * features) * columns);
    this.#context = this.#state + last * columns;
    this.#inputs = { place: this.#context + context * columns, stride: features * columns };
    this.#blocks = this.#makeBlocks(arena, training);
    this.#dense = shape.dense.map((outputs, i) => {
      const size = { inputs: denseInputs(shape, i), outputs, columns };
      return new DenseLayer(kernels, arena, size, weights.packedDense[i]!, weights.tensors.dense[i]!.bias);
    });
    const size = headSize(shape);
    const { packedHeads, tensors } = weights;
    this.#heads = new QuantileHeads(kernels, arena, size, columns, packedHeads, tensors.heads.bias);
    this.#quantiles = arena.take(size.outputs * columns);
    this.#stateGradient = arena.take((last + context) * columns);
  }

  #makeBlocks(arena: Arena, training: boolean): RecurrentBlock[] {
    const { sequenceLength: steps, units, features, dropout } = this.#shape;
    return units.map((own, i) => {
      const size = { steps, inputs: units[i - 1] ?? features, units: own, columns: this.#columns };
      const options = { ...size, training, sequence: i < units.length - 1, dropout, output: this.#state };
      const { tensors, packedBlocks } = this.#weights;
      return new RecurrentBlock(this.#kernels, arena, options, tensors.blocks[i]!, packedBlocks[i]!);
    });
  }

  /** Places windows `first` to `first + live` of row-major arrays in the columns; the others become zero. */
  load(inputs: Float32Array, context: Float32Array, first: number, live: number): void {
    const { sequenceLength, features, context: extra } = this.#shape;
    this.#transpose(inputs, first, live, sequenceLength * features, this.#inputs.place);
    this.#transpose(context, first, live, extra, this.#context);
  }

  #transpose(from: Float32Array, first: number, live: number, width: number, to: Place): void {
    const { values } = this.#kernels;
    const columns = this.#columns;
    for (let row = 0; row < width; row++) {
      const at = to + row * columns;
      for (let i = 0; i < live; i++) values[at + i] = from[(first + i) * width + row]!;
      for (let i = live; i < columns; i++) values[at + i] = 0;
    }
  }

  /** @param seeds of dropout, one a GRU layer */
  forward(live: number, seeds: readonly number[]): void {
    let inputs = this.#inputs;
    this.#blocks.forEach((block, i) => {
      block.forward(inputs, live, seeds[i] ?? 0);
      inputs = block.outputs;
    });
    let hidden = this.#state;
    for (const layer of this.#dense) {
      layer.forward(hidden);
      hidden = layer.outputs;
    }
    this.#heads.forward(hidden, this.#context);
    const perQuantile = this.#shape.horizon * this.#columns;
    const count = perQuantile * this.#levels.length;
    stackQuantiles(this.#kernels.values, this.#heads.outputs, perQuantile, count, this.#quantiles);
  }

  loss(batch: Batch, first: number, live: number): WeightedLoss {
    const { horizon } = this.#shape;
    const { values } = this.#kernels;
    return pinballLoss(values, this.#quantiles, this.#columns, this.#levels, batch, horizon, first, live);
  }

  /** Writes the quantiles of the live columns as [live, horizon, quantiles]. */
  readQuantiles(to: Float32Array, first: number, live: number): void {
    const { values } = this.#kernels;
    const { horizon } = this.#shape;
    const count = this.#levels.length;
    for (let row = 0; row < count * horizon; row++) {
      const place = this.#quantiles + row * this.#columns;
      const target = first * horizon * count + (row % horizon) * count + Math.floor(row / horizon);
      for (let i = 0; i < live; i++) to[target + i * horizon * count] = values[place + i]!;
    }
  }

  /** Writes the gradient of the mean loss over the batch that `forward` has seen as a whole. */
  back(batch: Batch, totalWeight: number, seeds: readonly number[]): void {
    const { values } = this.#kernels;
    const { gradients, count, gradientTensors } = this.#weights;
    values.fill(0, gradients, gradients + count);
    this.#lossBack(batch, totalWeight);
    this.#denseBack();
    const top = this.#blocks.at(-1)!;
    const { place } = top.outputGradients;
    for (const block of this.#blocks) block.clearGradients();
    values.copyWithin(
      place,
      this.#stateGradient,
      this.#stateGradient + this.#shape.units.at(-1)! * this.#columns,
    );
    for (let i = this.#blocks.length - 1; i >= 0; i--) {
      const below = this.#blocks[i - 1];
      this.#blocks[i]!.back(
        below?.outputs ?? this.#inputs,
        batch.size,
        seeds[i] ?? 0,
        gradientTensors.blocks[i]!,
        below?.outputGradients,
      );
    }
  }

  #lossBack(batch: Batch, totalWeight: number): void {
    pinballBack(
      this.#kernels.values,
      this.#heads.outputs,
      this.#quantiles,
      this.#columns,
      this.#levels,
      batch,
      this.#shape.horizon,
      totalWeight,
      this.#heads.outputGradients,
    );
  }

  /** From the heads' gradients to that of the last state. */
  #denseBack(): void {
    const { gradientTensors } = this.#weights;
    const top = this.#dense.at(-1);
    this.#heads.back(
      top?.outputs ?? this.#state,
      this.#context,
      gradientTensors.heads,
      top?.outputGradients ?? this.#stateGradient,
    );
    for (let i = this.#dense.length - 1; i >= 0; i--) {
      const below = this.#dense[i - 1];
      this.#dense[i]!.back(
        below?.outputs ?? this.#state,
        gradientTensors.dense[i]!,
        below?.outputGradients ?? this.#stateGradient,
      );
    }
  }

  /** Moves the moving statistics towards those of the newest training pass (Keras' momentum). */
  moveStatistics(momentum: number): void {
    const { values } = this.#kernels;
    this.#blocks.forEach(({ statistics }, i) => {
      const moving = this.#weights.tensors.blocks[i]!.norm?.moving;
      if (moving === undefined) return;
      for (let unit = 0; unit < this.#shape.units[i]!; unit++) {
        for (const key of ['mean', 'variance'] as const) {
          values[moving[key] + unit]! +=
            (1 - momentum) * (values[statistics[key] + unit]! - values[moving[key] + unit]!);
        }
      }
    });
  }
}
