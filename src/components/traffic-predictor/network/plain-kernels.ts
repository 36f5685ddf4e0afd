import type { Kernels, Values } from './kernels.ts';
import { adam, sumOfSquares } from './plain/adam.ts';
import { dropout } from './plain/dropout.ts';
import { closeGates, closeGatesBack, openGates, openGatesBack, rectify, rectifyBack } from './plain/gates.ts';
import { moments, normalize, normalizeBack } from './plain/normalize.ts';
import { outerProduct, pack, product, rowSums } from './plain/products.ts';

/** Kernels without WebAssembly; over float64 too, where the formulas are tested against finite differences. */
export class PlainKernels implements Kernels {
  readonly kind = 'plain';
  readonly reserved = 0;
  values: Values;

  constructor(values: Values = new Float32Array(0)) {
    this.values = values;
  }

  reserve(length: number): void {
    if (length <= this.values.length) return;
    // Places are taken one after the other: not a copy for each.
    const roomy = Math.ceil(1.5 * length);
    const longer = this.values instanceof Float32Array ? new Float32Array(roomy) : new Float64Array(roomy);
    longer.set(this.values);
    this.values = longer;
  }

  pack = this.#bound(pack);
  product = this.#bound(product);
  outerProduct = this.#bound(outerProduct);
  rowSums = this.#bound(rowSums);
  openGates = this.#bound(openGates);
  closeGates = this.#bound(closeGates);
  closeGatesBack = this.#bound(closeGatesBack);
  openGatesBack = this.#bound(openGatesBack);
  rectify = this.#bound(rectify);
  rectifyBack = this.#bound(rectifyBack);
  dropout = this.#bound(dropout);
  moments = this.#bound(moments);
  normalize = this.#bound(normalize);
  normalizeBack = this.#bound(normalizeBack);
  sumOfSquares = this.#bound(sumOfSquares);
  adam = this.#bound(adam);

  #bound<A extends unknown[], R>(kernel: (values: Values, ...rest: A) => R): (...rest: A) => R {
    return (...rest) => kernel(this.values, ...rest);
  }
}
