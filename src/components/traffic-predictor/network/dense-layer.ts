import type { Arena } from './arena.ts';
import { type Kernels, type Place, ZERO } from './kernels.ts';

/** Places of one dense layer's tensors. */
export interface DenseTensors {
  /** [inputs × outputs] */
  readonly kernel: Place;
  readonly bias: Place;
}

/** A kernel as `product` reads it, forwards and back; `inputs` may be a part of the kernel's rows. */
export class PackedKernel {
  readonly forward: Place;
  readonly backward: Place;
  readonly #kernels: Kernels;
  readonly #inputs: number;
  readonly #outputs: number;

  constructor(kernels: Kernels, arena: Arena, inputs: number, outputs: number) {
    this.#kernels = kernels;
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.forward = arena.take(inputs * outputs);
    this.backward = arena.take(inputs * outputs);
  }

  packForward(kernel: Place): void {
    this.#kernels.pack(kernel, 1, this.#outputs, this.#outputs, this.#inputs, this.forward);
  }

  packBack(kernel: Place): void {
    this.#kernels.pack(kernel, this.#outputs, 1, this.#inputs, this.#outputs, this.backward);
  }
}

export interface DenseSize {
  readonly inputs: number;
  readonly outputs: number;
  readonly columns: number;
}

/** ReLU(W·x + b). */
export class DenseLayer {
  readonly outputs: Place;
  /** Told before `back`, which overwrites them. */
  readonly outputGradients: Place;
  readonly #kernels: Kernels;
  readonly #size: DenseSize;
  readonly #packed: PackedKernel;
  readonly #bias: Place;

  constructor(kernels: Kernels, arena: Arena, size: DenseSize, packed: PackedKernel, bias: Place) {
    this.#kernels = kernels;
    this.#size = size;
    this.#packed = packed;
    this.#bias = bias;
    this.outputs = arena.take(size.outputs * size.columns);
    this.outputGradients = arena.take(size.outputs * size.columns);
  }

  forward(from: Place): void {
    const { inputs, outputs, columns } = this.#size;
    this.#kernels.product(this.#packed.forward, from, this.outputs, outputs, inputs, columns, this.#bias);
    this.#kernels.rectify(this.outputs, outputs * columns);
  }

  /** Writes the gradients of all inputs. */
  back(from: Place, gradients: DenseTensors, inputGradients: Place): void {
    const { inputs, outputs, columns } = this.#size;
    const own = this.outputGradients;
    this.#kernels.rectifyBack(this.outputs, own, outputs * columns);
    this.#kernels.outerProduct(from, 0, inputs, own, 0, outputs, columns, 1, gradients.kernel, outputs);
    this.#kernels.rowSums(own, 0, outputs, columns, 1, gradients.bias);
    this.#kernels.product(this.#packed.backward, own, inputGradients, inputs, outputs, columns, ZERO);
  }
}
