import type { Arena } from './arena.ts';
import { type DenseTensors, PackedKernel } from './dense-layer.ts';
import { ADD, type Kernels, type Place, ZERO } from './kernels.ts';

export interface HeadSize {
  /** Rows of the last hidden layer; the context and the inputs follow elsewhere. */
  readonly hidden: number;
  readonly direct: number;
  readonly outputs: number;
}

/** The heads' kernel: the rows of the last hidden layer, and those of what the heads see directly. */
export class PackedHeads {
  readonly hidden: PackedKernel;
  readonly direct: PackedKernel;
  readonly #size: HeadSize;

  constructor(kernels: Kernels, arena: Arena, size: HeadSize) {
    this.#size = size;
    this.hidden = new PackedKernel(kernels, arena, size.hidden, size.outputs);
    this.direct = new PackedKernel(kernels, arena, size.direct, size.outputs);
  }

  packForward(kernel: Place): void {
    this.hidden.packForward(kernel);
    this.direct.packForward(kernel + this.#size.hidden * this.#size.outputs);
  }

  packBack(kernel: Place): void {
    this.hidden.packBack(kernel);
  }
}

/**
 * The heads before their activation, [outputs × columns]: one linear map of the last hidden layer, the context and the
 * window's own numbers, so that what a line can say needs no hidden unit.
 */
export class QuantileHeads {
  readonly outputs: Place;
  /** Told before `back`. */
  readonly outputGradients: Place;
  readonly #kernels: Kernels;
  readonly #size: HeadSize;
  readonly #columns: number;
  readonly #packed: PackedHeads;
  readonly #bias: Place;

  constructor(
    kernels: Kernels,
    arena: Arena,
    size: HeadSize,
    columns: number,
    packed: PackedHeads,
    bias: Place,
  ) {
    this.#kernels = kernels;
    this.#size = size;
    this.#columns = columns;
    this.#packed = packed;
    this.#bias = bias;
    this.outputs = arena.take(size.outputs * columns);
    this.outputGradients = arena.take(size.outputs * columns);
  }

  forward(hidden: Place, direct: Place): void {
    const { hidden: rows, direct: directRows, outputs } = this.#size;
    const { product } = this.#kernels;
    const columns = this.#columns;
    product(this.#packed.hidden.forward, hidden, this.outputs, outputs, rows, columns, this.#bias);
    product(this.#packed.direct.forward, direct, this.outputs, outputs, directRows, columns, ADD);
  }

  /** Writes the gradients of the last hidden layer; nothing flows back to context and inputs. */
  back(hidden: Place, direct: Place, gradients: DenseTensors, hiddenGradients: Place): void {
    const { hidden: rows, direct: directRows, outputs } = this.#size;
    const { product, outerProduct, rowSums } = this.#kernels;
    const columns = this.#columns;
    const own = this.outputGradients;
    const below = gradients.kernel + rows * outputs;
    outerProduct(hidden, 0, rows, own, 0, outputs, columns, 1, gradients.kernel, outputs);
    outerProduct(direct, 0, directRows, own, 0, outputs, columns, 1, below, outputs);
    rowSums(own, 0, outputs, columns, 1, gradients.bias);
    product(this.#packed.hidden.backward, own, hiddenGradients, rows, outputs, columns, ZERO);
  }
}
