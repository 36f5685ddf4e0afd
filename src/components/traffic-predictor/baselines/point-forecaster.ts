/**
 * A simple method that goes along one series step by step. What it says after a step rests on that step and the ones
 * before, from a bounded memory.
 */
export interface PointForecaster {
  /** Takes the next step's value; NaN is a gap. */
  advance(value: number): void;
  /** Writes the forecasts of the next steps, one each, from `out[at]` on; NaN where it has nothing to say. */
  forecast(out: Float64Array | Float32Array, at: number): void;
}

/**
 * What a method says at each origin: `answer[i * horizon + h - 1]` is the forecast of step `origins[i] + h` made from
 * `values[0 … origins[i]]` and nothing later. `origins` ascend.
 */
export function pointForecasts(
  forecaster: PointForecaster,
  values: Float64Array,
  origins: Int32Array,
  horizon: number,
): Float64Array {
  const forecasts = new Float64Array(origins.length * horizon);
  let step = 0;
  origins.forEach((origin, i) => {
    for (; step <= origin; step++) forecaster.advance(values[step]!);
    forecaster.forecast(forecasts, i * horizon);
  });
  return forecasts;
}
