import { RELAXED_MODULE, SIMD_MODULE } from './kernel-modules.ts';
import type { AdamFactors, Kernels, Place, Statistics } from './kernels.ts';

const PAGE_BYTES = 65_536;
const NUMBER_BYTES = 4;
/** The modules' own constants lie at the start of the memory. */
const RESERVED = 64;

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

interface Module {
  readonly [Symbol.toStringTag]: string;
}

/** What is used here of the engine's WebAssembly, which Node.js' own types do not tell. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => Module;
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => Memory;
  readonly Instance: new (module: Module, imports: object) => { readonly exports: unknown };
};

/** What the WebAssembly modules export; see `assembly/kernels.ts`. */
interface Exports
  extends Omit<Kernels, 'kind' | 'values' | 'reserved' | 'reserve' | 'normalize' | 'normalizeBack' | 'adam'> {
  normalize(
    from: Place,
    rows: number,
    columns: number,
    steps: number,
    mean: Place,
    variance: Place,
    gamma: Place,
    beta: Place,
    to: Place,
  ): void;
  normalizeBack(
    from: Place,
    rows: number,
    columns: number,
    live: number,
    steps: number,
    mean: Place,
    variance: Place,
    gamma: Place,
    gradients: Place,
    gammaGradient: Place,
    betaGradient: Place,
  ): void;
  adam(
    weights: Place,
    gradients: Place,
    first: Place,
    second: Place,
    count: number,
    scale: number,
    rate: number,
    correction: number,
  ): void;
}

/** Compiled once; undefined: this machine has no SIMD. */
let compiled: Module | undefined | null = null;

/**
 * Kernels in WebAssembly SIMD, or undefined where the engine lacks it. Each has a memory of its own.
 *
 * Where the engine has relaxed SIMD (V8 from 11.4: Node.js 22; 20 only with a flag) products and sums are fused where the
 * processor can. Rounding then differs between machines with and without; the same machine gives the same numbers always.
 */
export function simdKernels(): SimdKernels | undefined {
  if (compiled === null) compiled = compile(RELAXED_MODULE) ?? compile(SIMD_MODULE);
  return compiled === undefined ? undefined : new SimdKernels(compiled);
}

function compile(base64: string): Module | undefined {
  const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined;
}

class SimdKernels implements Kernels {
  readonly kind = 'simd';
  readonly reserved = RESERVED;
  values: Float32Array;
  readonly #memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
  readonly #exports: Exports;

  constructor(module: Module) {
    this.values = new Float32Array(this.#memory.buffer);
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    // What the module exports is what its sources say; tests run each of them.
    this.#exports = exports as Exports;
    this.pack = this.#exports.pack;
    this.product = this.#exports.product;
    this.outerProduct = this.#exports.outerProduct;
    this.rowSums = this.#exports.rowSums;
    this.openGates = this.#exports.openGates;
    this.closeGates = this.#exports.closeGates;
    this.closeGatesBack = this.#exports.closeGatesBack;
    this.openGatesBack = this.#exports.openGatesBack;
    this.rectify = this.#exports.rectify;
    this.rectifyBack = this.#exports.rectifyBack;
    this.dropout = this.#exports.dropout;
    this.moments = this.#exports.moments;
    this.sumOfSquares = this.#exports.sumOfSquares;
  }

  readonly pack: Exports['pack'];
  readonly product: Exports['product'];
  readonly outerProduct: Exports['outerProduct'];
  readonly rowSums: Exports['rowSums'];
  readonly openGates: Exports['openGates'];
  readonly closeGates: Exports['closeGates'];
  readonly closeGatesBack: Exports['closeGatesBack'];
  readonly openGatesBack: Exports['openGatesBack'];
  readonly rectify: Exports['rectify'];
  readonly rectifyBack: Exports['rectifyBack'];
  readonly dropout: Exports['dropout'];
  readonly moments: Exports['moments'];
  readonly sumOfSquares: Exports['sumOfSquares'];

  reserve(length: number): void {
    const pages =
      Math.ceil((length * NUMBER_BYTES) / PAGE_BYTES) - this.#memory.buffer.byteLength / PAGE_BYTES;
    if (pages <= 0) return;
    this.#memory.grow(pages);
    this.values = new Float32Array(this.#memory.buffer);
  }

  normalize(
    from: Place,
    rows: number,
    columns: number,
    steps: number,
    { mean, variance }: Statistics,
    gamma: Place,
    beta: Place,
    to: Place,
  ): void {
    this.#exports.normalize(from, rows, columns, steps, mean, variance, gamma, beta, to);
  }

  normalizeBack(
    from: Place,
    rows: number,
    columns: number,
    live: number,
    steps: number,
    { mean, variance }: Statistics,
    gamma: Place,
    gradients: Place,
    gammaGradient: Place,
    betaGradient: Place,
  ): void {
    this.#exports.normalizeBack(
      from,
      rows,
      columns,
      live,
      steps,
      mean,
      variance,
      gamma,
      gradients,
      gammaGradient,
      betaGradient,
    );
  }

  adam(
    weights: Place,
    gradients: Place,
    first: Place,
    second: Place,
    count: number,
    { scale, rate, correction }: AdamFactors,
  ): void {
    this.#exports.adam(weights, gradients, first, second, count, scale, rate, correction);
  }
}
