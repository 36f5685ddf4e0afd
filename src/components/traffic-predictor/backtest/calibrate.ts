import { errorsAhead, errorsOfMaximum, offsetsByStep } from './errors.ts';
import { upperOffset } from './upper-offset.ts';
import type { Calibration, QuantileForecasts } from './verdict.ts';

/** Offsets from the errors of past forecasts: of each quantile by step ahead, and of the maximum by lead. */
export function calibrate(
  values: Float64Array,
  origins: Int32Array,
  forecasts: QuantileForecasts,
  horizon: number,
): Calibration {
  const errorsOf = (matrix: Float64Array) => (ahead: number) =>
    errorsAhead(values, origins, matrix, horizon, ahead);
  return {
    offsets90: offsetsByStep(errorsOf(forecasts.quantiles90), horizon, (errors) => upperOffset(errors, 0.9)),
    offsets95: offsetsByStep(errorsOf(forecasts.quantiles95), horizon, (errors) => upperOffset(errors, 0.95)),
    maximumOffsets: offsetsByStep(
      (lead) => errorsOfMaximum(values, origins, forecasts.medians, horizon, lead),
      horizon,
      (errors) => upperOffset(errors, 0.95),
    ),
  };
}
