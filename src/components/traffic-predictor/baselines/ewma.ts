const WEIGHTS = [0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9];
/** Errors older than about this many steps no longer decide about the weight. */
const ERROR_MEMORY_STEPS = 200;

/**
 * Exponentially weighted moving average (Brown 1956): level += α·(value − level), forecast = level for every step.
 * At each origin α is the one of `WEIGHTS` with the least faded absolute one-step error up to there. Gaps leave the
 * level as it is. The form of arguments and answer is that of `naiveForecasts`.
 */
export function ewmaForecasts(values: Float64Array, origins: Int32Array, horizon: number): Float64Array {
  const forecasts = new Float64Array(origins.length * horizon);
  const levels = new Float64Array(WEIGHTS.length).fill(Number.NaN);
  const errors = new Float64Array(WEIGHTS.length);
  let step = 0;
  origins.forEach((origin, i) => {
    for (; step <= origin; step++) take(values[step]!, levels, errors);
    forecasts.fill(levels[leastIndex(errors)]!, i * horizon, (i + 1) * horizon);
  });
  return forecasts;
}

function take(value: number, levels: Float64Array, errors: Float64Array): void {
  if (Number.isNaN(value)) return;
  for (let j = 0; j < WEIGHTS.length; j++) {
    const level = levels[j]!;
    if (Number.isNaN(level)) {
      levels[j] = value;
      continue;
    }
    errors[j] = errors[j]! * (1 - 1 / ERROR_MEMORY_STEPS) + Math.abs(value - level);
    levels[j] = level + WEIGHTS[j]! * (value - level);
  }
}

function leastIndex(numbers: Float64Array): number {
  let least = 0;
  for (let j = 1; j < numbers.length; j++) if (numbers[j]! < numbers[least]!) least = j;
  return least;
}
