/**
 * The k-th smallest of the first `count` values, which it reorders; NaN when there are none.
 *
 * Quickselect with Hoare's partition (C. A. R. Hoare, "Algorithm 65: Find", CACM 4(7), 1961): linear on average,
 * where sorting would be most of the time of a fit.
 */
export function selectInPlace(values: Float64Array, count: number, k: number): number {
  if (count === 0) return Number.NaN;
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1]!;
    let left = low;
    let right = high;
    while (left <= right) {
      while (values[left]! < pivot) left++;
      while (values[right]! > pivot) right--;
      if (left <= right) {
        const swapped = values[left]!;
        values[left++] = values[right]!;
        values[right--] = swapped;
      }
    }
    if (k <= right) high = right;
    else if (k >= left) low = left;
    else break;
  }
  return values[k]!;
}

/** Upper median of the first `count` values, which it reorders; NaN when there are none. */
export function medianInPlace(values: Float64Array, count: number = values.length): number {
  return selectInPlace(values, count, count >> 1);
}

/**
 * Smallest value at which the weights of the values up to it reach the share q of all; NaN when nothing has weight.
 * For q = 0.5 the weighted median: the minimiser of Σ w·|value − m|.
 */
export function weightedQuantile(values: ArrayLike<number>, weights: ArrayLike<number>, q: number): number {
  const order = Array.from({ length: values.length }, (_, i) => i).filter((i) => weights[i]! > 0);
  order.sort((i, j) => values[i]! - values[j]!);
  const wanted = q * order.reduce((sum, i) => sum + weights[i]!, 0);
  let reached = 0;
  for (const i of order) {
    reached += weights[i]!;
    if (reached >= wanted) return values[i]!;
  }
  return order.length === 0 ? Number.NaN : values[order.at(-1)!]!;
}
