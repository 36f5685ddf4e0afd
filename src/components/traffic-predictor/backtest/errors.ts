/** Steps ahead with fewer errors than this borrow from a nearer one. */
const LEAST_ERRORS = 5;

/**
 * Errors truth − forecast of the step h ahead, where both are known, ascending. Forecasts in the form of
 * `naiveForecasts`.
 */
export function errorsAhead(
  values: Float64Array,
  origins: Int32Array,
  forecasts: Float64Array,
  horizon: number,
  ahead: number,
): Float64Array {
  const errors = new Float64Array(origins.length);
  let count = 0;
  for (let i = 0; i < origins.length; i++) {
    const at = origins[i]! + ahead;
    if (at >= values.length) break;
    const error = values[at]! - forecasts[i * horizon + ahead - 1]!;
    if (!Number.isNaN(error)) errors[count++] = error;
  }
  return errors.subarray(0, count).sort();
}

/** Errors of the maximum over the first `lead` steps, ascending; only origins of which all these are known count. */
export function errorsOfMaximum(
  values: Float64Array,
  origins: Int32Array,
  forecasts: Float64Array,
  horizon: number,
  lead: number,
): Float64Array {
  const errors = new Float64Array(origins.length);
  let count = 0;
  for (let i = 0; i < origins.length; i++) {
    const origin = origins[i]!;
    if (origin + lead >= values.length) break;
    let truth = Number.NEGATIVE_INFINITY;
    let forecast = Number.NEGATIVE_INFINITY;
    for (let h = 1; h <= lead; h++) {
      truth = Math.max(truth, values[origin + h]!);
      forecast = Math.max(forecast, forecasts[i * horizon + h - 1]!);
    }
    if (!Number.isNaN(truth - forecast)) errors[count++] = truth - forecast;
  }
  return errors.subarray(0, count).sort();
}

/**
 * One number for each step ahead, from that step's errors. Steps with hardly any errors take the number of the
 * farthest step that has enough (at least the first), grown with the square root of the distance as the error of a
 * random walk does.
 */
export function offsetsByStep(
  errorsOf: (ahead: number) => Float64Array,
  horizon: number,
  offset: (errors: Float64Array) => number,
): Float64Array {
  const offsets = new Float64Array(horizon);
  let farthest = 1;
  for (let h = 1; h <= horizon; h++) {
    const errors = errorsOf(h);
    if (h === 1 || errors.length >= LEAST_ERRORS) {
      farthest = h;
      offsets[h - 1] = offset(errors);
    } else {
      offsets[h - 1] = offsets[farthest - 1]! * Math.sqrt(h / farthest);
    }
  }
  return offsets;
}

/**
 * Sum of absolute errors of a model over that of a reference, over the pairs of origin and step where both speak and
 * the truth is known. `pairs` 0 means that there is nothing to compare; two perfect models are equal (ratio 1).
 */
export function relativeError(
  values: Float64Array,
  origins: Int32Array,
  model: Float64Array,
  reference: Float64Array,
  horizon: number,
): { readonly ratio: number; readonly pairs: number } {
  let ofModel = 0;
  let ofReference = 0;
  let pairs = 0;
  origins.forEach((origin, i) => {
    for (let h = 1; h <= horizon; h++) {
      const truth = values[origin + h] ?? Number.NaN;
      const modelError = Math.abs(truth - model[i * horizon + h - 1]!);
      const referenceError = Math.abs(truth - reference[i * horizon + h - 1]!);
      if (Number.isNaN(modelError + referenceError)) continue;
      ofModel += modelError;
      ofReference += referenceError;
      pairs += 1;
    }
  });
  return { ratio: ofModel === ofReference ? 1 : ofModel / ofReference, pairs };
}

/** Summed absolute error of a model minus that of a reference, by origin; 0 where there is nothing to compare. */
export function lossDifferences(
  values: Float64Array,
  origins: Int32Array,
  model: Float64Array,
  reference: Float64Array,
  horizon: number,
): Float64Array {
  return Float64Array.from(origins, (origin, i) => {
    let sum = 0;
    for (let h = 1; h <= horizon; h++) {
      const truth = values[origin + h] ?? Number.NaN;
      const difference =
        Math.abs(truth - model[i * horizon + h - 1]!) - Math.abs(truth - reference[i * horizon + h - 1]!);
      if (!Number.isNaN(difference)) sum += difference;
    }
    return sum;
  });
}
