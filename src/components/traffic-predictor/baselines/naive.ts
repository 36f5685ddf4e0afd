/**
 * Every baseline answers the same question in the same form: `forecasts[i * horizon + h - 1]` is the forecast of step
 * `origins[i] + h` made from `values[0 … origins[i]]` and nothing later. `origins` ascend. NaN in `values` is a gap;
 * NaN in the answer means that the model has nothing to say there.
 *
 * Naive: the last known value stays. The best forecast of a random walk.
 */
export function naiveForecasts(values: Float64Array, origins: Int32Array, horizon: number): Float64Array {
  const forecasts = new Float64Array(origins.length * horizon);
  let last = Number.NaN;
  let step = 0;
  origins.forEach((origin, i) => {
    for (; step <= origin; step++) {
      const value = values[step]!;
      if (!Number.isNaN(value)) last = value;
    }
    forecasts.fill(last, i * horizon, (i + 1) * horizon);
  });
  return forecasts;
}
