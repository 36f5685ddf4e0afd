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
  const errorsOf = (matrix: Float64Array) => {
    const byStep = new Map<number, Float64Array>();
    return (ahead: number) => {
      const errors = byStep.get(ahead) ?? errorsAhead(values, origins, matrix, horizon, ahead);
      byStep.set(ahead, errors);
      return errors;
    };
  };
  const of90 = errorsOf(forecasts.quantiles90);
  // A baseline has one forecast for all quantiles: its errors are sorted once.
  const of95 = forecasts.quantiles95 === forecasts.quantiles90 ? of90 : errorsOf(forecasts.quantiles95);
  const maxima = Array.from({ length: horizon }, (_, i) =>
    errorsOfMaximum(values, origins, forecasts.medians, horizon, i + 1),
  );
  return {
    offsets90: offsetsByStep(of90, horizon, (errors) => upperOffset(errors, 0.9)),
    offsets95: offsetsByStep(of95, horizon, (errors) => upperOffset(errors, 0.95)),
    maximumOffsets: offsetsByStep(
      (lead) => maxima[lead - 1]!,
      horizon,
      (errors) => upperOffset(errors, 0.95),
    ),
    maximumCounts: Float64Array.from(maxima, (errors) => errors.length),
  };
}
