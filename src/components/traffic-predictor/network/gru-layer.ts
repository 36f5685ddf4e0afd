import type { Arena } from './arena.ts';
import type { GruTensors, PackedGruWeights } from './gru-weights.ts';
import { ADD, type Kernels, type Place, ZERO } from './kernels.ts';

export interface GruSize {
  readonly steps: number;
  readonly inputs: number;
  readonly units: number;
  readonly columns: number;
  /** Keeps what the way back needs. */
  readonly training: boolean;
  /** Keeps every state, not only the last. */
  readonly sequence: boolean;
}

/** Numbers that advance by a stride from step to step. */
export interface Sequence {
  readonly place: Place;
  readonly stride: number;
}

/**
 * A GRU layer (Cho et al. 2014, equations 5 to 8, with the update gate of Keras, which keeps the old state where z is 1):
 *
 *     z = σ(W_z·x + U_z·h + b_z)    r = σ(W_r·x + U_r·h + b_r)
 *     h̃ = tanh(W_h·x + U_h·(r ∘ h) + b_h)    h′ = z ∘ h + (1 − z) ∘ h̃
 *
 * Everything of a step lies together: gates [3 × units × columns] in the order z, r, h̃; states [units × columns]. Where
 * nothing is kept the stride is 0 and each step overwrites the one before.
 */
export class GruLayer {
  /** State t at stride · t, from 0 (zeros) to `steps`. */
  readonly states: Sequence;
  /** Gradients of the states, in the same places; that of the output is told before `back`. */
  readonly stateGradients: Sequence;
  readonly #kernels: Kernels;
  readonly #size: GruSize;
  readonly #weights: PackedGruWeights;
  readonly #bias: Place;
  readonly #gates: Sequence;
  readonly #resets: Sequence;
  readonly #resetGradient: Place;
  /** Numbers of a state. */
  readonly #count: number;

  constructor(kernels: Kernels, arena: Arena, size: GruSize, weights: PackedGruWeights, bias: Place) {
    const { training, sequence, steps } = size;
    const count = size.units * size.columns;
    const take = (length: number, kept: boolean, slots: number): Sequence => ({
      place: arena.take(kept ? slots * length : length),
      stride: kept ? length : 0,
    });
    this.#kernels = kernels;
    this.#size = size;
    this.#weights = weights;
    this.#bias = bias;
    this.#count = count;
    this.states = take(count, training || sequence, steps + 1);
    this.#gates = take(3 * count, training, steps);
    this.#resets = take(count, training, steps);
    this.stateGradients = training ? take(count, true, steps + 1) : { place: 0, stride: 0 };
    this.#resetGradient = training ? arena.take(count) : 0;
  }

  /** Place of the state after all steps. */
  get lastState(): Place {
    return this.states.place + this.#size.steps * this.states.stride;
  }

  forward(inputs: Sequence): void {
    const { steps, units, columns, inputs: width } = this.#size;
    const kernels = this.#kernels;
    kernels.values.fill(0, this.states.place, this.states.place + this.#count);
    for (let step = 0; step < steps; step++) {
      const state = at(this.states, step);
      const gates = at(this.#gates, step);
      const resets = at(this.#resets, step);
      const candidate = gates + 2 * this.#count;
      kernels.product(this.#weights.input, at(inputs, step), gates, 3 * units, width, columns, this.#bias);
      kernels.product(this.#weights.gates, state, gates, 2 * units, units, columns, ADD);
      kernels.openGates(gates, state, resets, this.#count);
      kernels.product(this.#weights.candidate, resets, candidate, units, units, columns, ADD);
      kernels.closeGates(gates, state, at(this.states, step + 1), this.#count);
    }
  }

  /**
   * Back through time from `stateGradients`: the gates become their gradients, those of the weights grow, those of the
   * inputs are written where they are asked for.
   */
  back(inputs: Sequence, gradients: GruTensors, inputGradients: Sequence | undefined): void {
    for (let step = this.#size.steps - 1; step >= 0; step--) this.#stepBack(step);
    this.#weightGradients(inputs, gradients);
    if (inputGradients !== undefined) this.#inputGradients(inputGradients);
  }

  #stepBack(step: number): void {
    const { units, columns } = this.#size;
    const kernels = this.#kernels;
    const gates = at(this.#gates, step);
    const state = at(this.states, step);
    const before = at(this.stateGradients, step);
    const candidate = gates + 2 * this.#count;
    kernels.closeGatesBack(gates, state, at(this.stateGradients, step + 1), before, this.#count);
    kernels.product(this.#weights.candidateBack, candidate, this.#resetGradient, units, units, columns, ZERO);
    kernels.openGatesBack(gates, state, this.#resetGradient, before, this.#count);
    kernels.product(this.#weights.gatesBack, gates, before, units, 2 * units, columns, ADD);
  }

  #weightGradients(inputs: Sequence, gradients: GruTensors): void {
    const { steps, units, columns, inputs: width } = this.#size;
    const { place: gates, stride } = this.#gates;
    const outer = (left: Sequence, leftRows: number, right: Place, rightRows: number, to: Place): void =>
      this.#kernels.outerProduct(
        left.place,
        left.stride,
        leftRows,
        right,
        stride,
        rightRows,
        columns,
        steps,
        to,
        3 * units,
      );
    outer(inputs, width, gates, 3 * units, gradients.kernel);
    outer(this.states, units, gates, 2 * units, gradients.recurrent);
    outer(this.#resets, units, gates + 2 * this.#count, units, gradients.recurrent + 2 * units);
    this.#kernels.rowSums(gates, stride, 3 * units, columns, steps, gradients.bias);
  }

  #inputGradients(to: Sequence): void {
    const { steps, units, columns, inputs } = this.#size;
    for (let step = 0; step < steps; step++) {
      this.#kernels.product(
        this.#weights.inputBack,
        at(this.#gates, step),
        at(to, step),
        inputs,
        3 * units,
        columns,
        ZERO,
      );
    }
  }
}

function at({ place, stride }: Sequence, step: number): Place {
  return place + step * stride;
}
