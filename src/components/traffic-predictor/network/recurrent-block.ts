import type { Arena } from './arena.ts';
import { GruLayer, type GruSize, type Sequence } from './gru-layer.ts';
import type { GruTensors, PackedGruWeights } from './gru-weights.ts';
import type { Kernels, Place, Statistics } from './kernels.ts';

/** Places of one block's tensors. */
export interface BlockTensors extends GruTensors {
  readonly norm: NormTensors | undefined;
}

export interface NormTensors {
  readonly gamma: Place;
  readonly beta: Place;
  readonly moving: Statistics;
}

export interface BlockOptions extends GruSize {
  readonly dropout: number;
  /** Where the output of a last layer goes; the layers before it have places of their own. */
  readonly output: Place;
}

/**
 * A GRU layer, batch normalisation of its outputs (Ioffe & Szegedy 2015, algorithm 1, over windows and steps) and dropout.
 * The last layer of a network (not `sequence`) answers with its last state alone.
 */
export class RecurrentBlock {
  /** Of the block below: outputs by step. */
  readonly outputs: Sequence;
  /** Gradients of the outputs; told before `back`, which overwrites them. */
  readonly outputGradients: Sequence;
  /** Of the newest training pass. */
  readonly statistics: Statistics;
  readonly #kernels: Kernels;
  readonly #options: BlockOptions;
  readonly #tensors: BlockTensors;
  readonly #gru: GruLayer;

  constructor(
    kernels: Kernels,
    arena: Arena,
    options: BlockOptions,
    tensors: BlockTensors,
    packed: PackedGruWeights,
  ) {
    this.#kernels = kernels;
    this.#options = options;
    this.#tensors = tensors;
    this.#gru = new GruLayer(kernels, arena, options, packed, tensors.bias);
    const { units, columns, sequence, steps, dropout } = options;
    const count = units * columns;
    const { states, stateGradients } = this.#gru;
    this.statistics = { mean: arena.take(units), variance: arena.take(units) };
    if (!sequence) this.outputs = { place: options.output, stride: 0 };
    else if (tensors.norm === undefined && dropout === 0)
      this.outputs = { place: states.place + count, stride: count };
    else this.outputs = { place: arena.take(steps * count), stride: count };
    const first = sequence ? 1 : steps;
    this.outputGradients = {
      place: stateGradients.place + first * stateGradients.stride,
      stride: stateGradients.stride,
    };
  }

  /** @param live windows; the columns behind them are padding */
  forward(inputs: Sequence, live: number, dropoutSeed: number): void {
    this.#gru.forward(inputs);
    const { dropout, training } = this.#options;
    let from = this.#rawOutputs;
    if (this.#tensors.norm !== undefined) {
      this.#normalize(this.#tensors.norm, live);
      from = this.outputs.place;
    }
    if (training && dropout > 0) {
      this.#kernels.dropout(from, this.outputs.place, this.#outputCount, dropout, dropoutSeed);
    } else if (from !== this.outputs.place) {
      this.#kernels.values.copyWithin(this.outputs.place, from, from + this.#outputCount);
    }
  }

  /** The states that the block answers with, before normalisation. */
  get #rawOutputs(): Place {
    const { sequence, units, columns } = this.#options;
    return sequence ? this.#gru.states.place + units * columns : this.#gru.lastState;
  }

  get #outputSteps(): number {
    return this.#options.sequence ? this.#options.steps : 1;
  }

  get #outputCount(): number {
    return this.#outputSteps * this.#options.units * this.#options.columns;
  }

  #normalize({ gamma, beta, moving }: NormTensors, live: number): void {
    const { units, columns, training } = this.#options;
    const from = this.#rawOutputs;
    const { mean, variance } = this.statistics;
    if (training) this.#kernels.moments(from, units, columns, live, this.#outputSteps, mean, variance);
    const statistics = training ? this.statistics : moving;
    this.#kernels.normalize(
      from,
      units,
      columns,
      this.#outputSteps,
      statistics,
      gamma,
      beta,
      this.outputs.place,
    );
  }

  /** Sets the gradients of the outputs to zero. */
  clearGradients(): void {
    const { steps, units, columns } = this.#options;
    const { place } = this.#gru.stateGradients;
    this.#kernels.values.fill(0, place, place + (steps + 1) * units * columns);
  }

  back(
    inputs: Sequence,
    live: number,
    dropoutSeed: number,
    gradients: BlockTensors,
    inputGradients: Sequence | undefined,
  ): void {
    const { units, columns, dropout } = this.#options;
    const { place } = this.outputGradients;
    if (dropout > 0) this.#kernels.dropout(place, place, this.#outputCount, dropout, dropoutSeed);
    if (this.#tensors.norm !== undefined && gradients.norm !== undefined) {
      this.#kernels.normalizeBack(
        this.#rawOutputs,
        units,
        columns,
        live,
        this.#outputSteps,
        this.statistics,
        this.#tensors.norm.gamma,
        place,
        gradients.norm.gamma,
        gradients.norm.beta,
      );
    }
    this.#gru.back(inputs, gradients, inputGradients);
  }
}
