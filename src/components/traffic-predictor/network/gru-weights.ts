import type { Arena } from './arena.ts';
import type { Kernels, Place } from './kernels.ts';

/** Places of one GRU layer's tensors; for the weights and for their gradients. */
export interface GruTensors {
  readonly kernel: Place;
  readonly recurrent: Place;
  readonly bias: Place;
}

/** The weights of one GRU layer as `product` reads them, packed anew after each change. */
export class PackedGruWeights {
  readonly input: Place;
  readonly gates: Place;
  readonly candidate: Place;
  readonly inputBack: Place;
  readonly gatesBack: Place;
  readonly candidateBack: Place;
  readonly #kernels: Kernels;
  readonly #inputs: number;
  readonly #units: number;

  constructor(kernels: Kernels, arena: Arena, inputs: number, units: number) {
    this.#kernels = kernels;
    this.#inputs = inputs;
    this.#units = units;
    const take = () => ({
      input: arena.take(3 * units * inputs),
      gates: arena.take(2 * units * units),
      candidate: arena.take(units * units),
    });
    ({ input: this.input, gates: this.gates, candidate: this.candidate } = take());
    ({ input: this.inputBack, gates: this.gatesBack, candidate: this.candidateBack } = take());
  }

  packForward({ kernel, recurrent }: GruTensors): void {
    const [units, width] = [this.#units, 3 * this.#units];
    this.#kernels.pack(kernel, 1, width, width, this.#inputs, this.input);
    this.#kernels.pack(recurrent, 1, width, 2 * units, units, this.gates);
    this.#kernels.pack(recurrent + 2 * units, 1, width, units, units, this.candidate);
  }

  /** The transposed, through which gradients flow back. */
  packBack({ kernel, recurrent }: GruTensors): void {
    const [units, width] = [this.#units, 3 * this.#units];
    this.#kernels.pack(kernel, width, 1, this.#inputs, width, this.inputBack);
    this.#kernels.pack(recurrent, width, 1, units, 2 * units, this.gatesBack);
    this.#kernels.pack(recurrent + 2 * units, width, 1, units, units, this.candidateBack);
  }
}
