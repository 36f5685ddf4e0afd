/** The parts of the mixture: the simple methods, and the network that is told from outside. */
export type ExpertName = 'naive' | 'moving-median' | 'ewma' | 'holt' | 'seasonal-naive' | 'ridge' | 'gru';

/** What is served from the newest step. The arrays are the forecaster's own and hold until it advances or is told. */
export interface ServedForecast {
  /** [horizon × LEVELS], row-major by step ahead, requests/s; never negative, non-decreasing in a row. */
  readonly quantiles: Float64Array;
  /** [horizon]: element L − 1 is the 0.95 quantile of the largest rate over the first L steps. */
  readonly maximum95: Float64Array;
  /** [horizon]: how many past forecasts of that maximum each rests on. */
  readonly maximumCounts: Int32Array;
}

/** One expert as an operator sees it. */
export interface ExpertReport {
  readonly name: ExpertName;
  /** Share in the median and in the 0.95 quantile, mean over the horizon; each sums to 1 over the experts. */
  readonly medianWeight: number;
  readonly upperWeight: number;
  /** Recent mean absolute error of its median over that of naive on the same steps; undefined: not yet scored. */
  readonly errorToNaive: number | undefined;
}

/** How a chain's forecasts have done so far. Ratios and shares are undefined before there is something to score. */
export interface ChainReport {
  /** Steps with a known rate so far. */
  readonly knownSteps: number;
  readonly experts: readonly ExpertReport[];
  /** Recent mean absolute error of the served median over the mean rate of the same steps, and over naive's error. */
  readonly errorToRate: number | undefined;
  readonly errorToNaive: number | undefined;
  /** [LEVELS]: share of the recent steps that stayed at or below each served quantile. */
  readonly coverage: readonly (number | undefined)[];
  /** The same of `maximum95`, over the longest lead. */
  readonly maximumCoverage: number | undefined;
}
