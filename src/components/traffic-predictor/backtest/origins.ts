/** The last part of the history that a backtest looks at, steps. */
const SPAN_STEPS = 240;
export const MOST_ORIGINS = 120;

/**
 * The origins of a rolling backtest: at most 120 steps spread evenly over the last 240 (at most the newer half of a
 * history of more than 60 steps, so that models have something to stand on at the first), ascending, each with at
 * least one step after it. Empty with fewer than two known steps.
 */
export function backtestOrigins(values: Float64Array): Int32Array {
  const firstKnown = values.findIndex((value) => !Number.isNaN(value));
  const last = values.length - 2;
  if (firstKnown < 0 || firstKnown > last) return new Int32Array();
  const available = last - firstKnown + 1;
  const span = Math.min(SPAN_STEPS, Math.max(Math.min(available, 30), Math.floor(available / 2)));
  const stride = Math.ceil(span / MOST_ORIGINS);
  const count = Math.ceil(span / stride);
  return Int32Array.from({ length: count }, (_, i) => last - (count - 1 - i) * stride);
}
