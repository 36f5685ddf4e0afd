/** The arena's numbers: float32, in tests of the formulas also float64. */
export type Values = Float32Array | Float64Array;

/** A place in the arena, counted in numbers from its start. */
export type Place = number;

/** `product` adds to what is there. */
export const ADD = -1;
/** `product` starts at zero. */
export const ZERO = -2;

/**
 * The arithmetic of the network over one arena of numbers. Matrices are row-major, a row per unit and a column per
 * window, so that whatever the units, a vector instruction works on several windows; the columns are a multiple of
 * `COLUMN_MULTIPLE`. Nothing here allocates but `reserve`.
 */
export interface Kernels {
  readonly kind: 'simd' | 'plain';
  /** All numbers of the arena. Another object after `reserve`. */
  readonly values: Values;
  /** Numbers at the start of the arena that belong to the kernels. */
  readonly reserved: number;
  /** Makes the arena at least this long; keeps what is in it. */
  reserve(length: number): void;

  /** Copies a [rows × depth] matrix with these strides to where `product` reads it fast: tiles of four rows. */
  pack(from: Place, rowStride: number, columnStride: number, rows: number, depth: number, to: Place): void;

  /**
   * to [rows × columns] = start + packed [rows × depth] · matrix [depth × columns]; start is the place of one number a
   * row, `ADD` or `ZERO`.
   */
  product(
    packed: Place,
    matrix: Place,
    to: Place,
    rows: number,
    depth: number,
    columns: number,
    start: Place,
  ): void;

  /**
   * to [leftRows × rightRows, row stride toStride] += Σ over steps of left · rightᵀ, for left [leftRows × columns] and
   * right [rightRows × columns], which advance by their strides: the gradient of a kernel.
   */
  outerProduct(
    left: Place,
    leftStride: number,
    leftRows: number,
    right: Place,
    rightStride: number,
    rightRows: number,
    columns: number,
    steps: number,
    to: Place,
    toStride: number,
  ): void;

  /** to [rows] += Σ over steps and columns: the gradient of a bias. */
  rowSums(from: Place, stride: number, rows: number, columns: number, steps: number, to: Place): void;

  /** z and r, which lie behind each other, become their sigmoids; reset = r ∘ state. Of `count` numbers each. */
  openGates(gates: Place, state: Place, reset: Place, count: number): void;
  /** The candidate behind z and r becomes its tanh; next = z ∘ state + (1 − z) ∘ candidate. */
  closeGates(gates: Place, state: Place, next: Place, count: number): void;
  /**
   * Back through `closeGates`: z and candidate become the gradients before their activations, gradientBefore grows by
   * that of the state through z.
   */
  closeGatesBack(gates: Place, state: Place, gradient: Place, gradientBefore: Place, count: number): void;
  /** Back through `openGates`: r becomes its gradient before activation, gradientBefore grows by that through r. */
  openGatesBack(gates: Place, state: Place, resetGradient: Place, gradientBefore: Place, count: number): void;

  /** Negative numbers become zero. */
  rectify(values: Place, count: number): void;
  /** Gradients of rectified zeros become zero. */
  rectifyBack(values: Place, gradients: Place, count: number): void;

  /** to = from with a share of the numbers left out, the others scaled so that the mean stays; see `plain/dropout.ts`. */
  dropout(from: Place, to: Place, count: number, rate: number, seed: number): void;

  /** Mean and (biased) variance of each row over steps and the first `live` columns. */
  moments(
    from: Place,
    rows: number,
    columns: number,
    live: number,
    steps: number,
    mean: Place,
    variance: Place,
  ): void;
  /** to = gamma · (from − mean)/√(variance + epsilon) + beta by row. */
  normalize(
    from: Place,
    rows: number,
    columns: number,
    steps: number,
    statistics: Statistics,
    gamma: Place,
    beta: Place,
    to: Place,
  ): void;
  /**
   * Back through `moments` and `normalize`: gradients [steps × rows × columns] turn from those of the output into those
   * of the input (zero beyond the live columns), those of gamma and beta grow.
   */
  normalizeBack(
    from: Place,
    rows: number,
    columns: number,
    live: number,
    steps: number,
    statistics: Statistics,
    gamma: Place,
    gradients: Place,
    gammaGradient: Place,
    betaGradient: Place,
  ): void;

  sumOfSquares(from: Place, count: number): number;
  /** One step of Adam over `count` weights; see `plain/adam.ts`. */
  adam(
    weights: Place,
    gradients: Place,
    first: Place,
    second: Place,
    count: number,
    factors: AdamFactors,
  ): void;
}

export interface Statistics {
  readonly mean: Place;
  readonly variance: Place;
}

export interface AdamFactors {
  /** Of every gradient: clipping. */
  readonly scale: number;
  /** Learning rate over 1 − β₁ᵗ. */
  readonly rate: number;
  /** 1/(1 − β₂ᵗ). */
  readonly correction: number;
}

/** Columns are padded to this. */
export const COLUMN_MULTIPLE = 8;
/** Added to variances (Keras' default). */
export const NORM_EPSILON = 1e-3;
/** Of Adam (Kingma & Ba 2015, section 2; epsilon as in TensorFlow.js). */
export const BETA_1 = 0.9;
export const BETA_2 = 0.999;
export const ADAM_EPSILON = 1e-7;
