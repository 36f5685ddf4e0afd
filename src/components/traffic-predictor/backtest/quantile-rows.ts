/**
 * The forecasts of one model at every origin of a backtest, on `LEVELS`, row-major: `quantiles[(i * horizon + h) * Q + q]`
 * is quantile q of step `origins[i] + h + 1`, requests/s. `maximum95[i * horizon + l]` is the 0.95 quantile of the largest
 * rate over the first l + 1 steps, for models that state one.
 */
export interface QuantileRows {
  readonly horizon: number;
  readonly origins: Int32Array;
  readonly quantiles: Float64Array;
  readonly maximum95?: Float64Array;
}

/** The rows of the origins from `from` up to and without `to`. */
export function sliceRows(rows: QuantileRows, from: number, to: number): QuantileRows {
  const { horizon, origins, quantiles, maximum95 } = rows;
  const perOrigin = quantiles.length / Math.max(1, origins.length);
  return {
    horizon,
    origins: origins.subarray(from, to),
    quantiles: quantiles.subarray(from * perOrigin, to * perOrigin),
    ...(maximum95 === undefined ? {} : { maximum95: maximum95.subarray(from * horizon, to * horizon) }),
  };
}

/** One of the four quarters of the test part, 0 the first: what the stated coverage must hold in by itself. */
export function quarterOf(rows: QuantileRows, quarter: number): QuantileRows {
  const count = rows.origins.length;
  return sliceRows(rows, Math.round((quarter * count) / 4), Math.round(((quarter + 1) * count) / 4));
}
