import { RELAXED_MODULE, SIMD_MODULE } from './kernel-modules.ts';
import type { Kernels, Place } from './kernels.ts';

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

/**
 * Kernels in WebAssembly SIMD, or undefined where the engine lacks it. Each has a memory of its own.
 *
 * Where the engine has relaxed SIMD (V8 from 11.4: Node.js 22; 20 only with a flag) products and sums are fused where the
 * processor can. Rounding then differs between machines with and without; the same machine gives the same numbers always.
 *
 * One thread: the matrix products run at what a core can multiply and add in vectors of four, so only a second core could
 * make them faster, and that one belongs to the daemon's requests.
 */
export function simdKernels(): Kernels | undefined {
  return compiled === undefined ? undefined : kernelsOf(compiled);
}

/** Undefined: this engine has no SIMD. */
const compiled = compile(RELAXED_MODULE) ?? compile(SIMD_MODULE);

function compile(base64: string): Module | undefined {
  const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined;
}

function kernelsOf(module: Module): Kernels {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
  let values = new Float32Array(memory.buffer);
  // What the module exports is what its sources say; tests run each of them.
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as Exports;
  return {
    ...exports,
    kind: 'simd',
    reserved: RESERVED,
    get values() {
      return values;
    },
    reserve(length) {
      const pages = Math.ceil((length * NUMBER_BYTES) / PAGE_BYTES) - memory.buffer.byteLength / PAGE_BYTES;
      if (pages <= 0) return;
      memory.grow(pages);
      values = new Float32Array(memory.buffer);
    },
    normalize(from, rows, columns, steps, { mean, variance }, ...places) {
      exports.normalize(from, rows, columns, steps, mean, variance, ...places);
    },
    normalizeBack(from, rows, columns, live, steps, { mean, variance }, ...places) {
      exports.normalizeBack(from, rows, columns, live, steps, mean, variance, ...places);
    },
    adam(weights, gradients, first, second, count, { scale, rate, correction }) {
      exports.adam(weights, gradients, first, second, count, scale, rate, correction);
    },
  };
}
