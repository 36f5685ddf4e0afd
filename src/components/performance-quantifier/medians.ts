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
 * Index of the weighted median, the value that minimises Σ w·|value − m|: the smallest at which the weights of the
 * values up to it reach half of all. −1 when nothing has weight.
 */
export function weightedMedianIndex(values: readonly number[], weights: readonly number[]): number {
  const order = values.map((_, i) => i).sort((i, j) => values[i]! - values[j]!);
  const half = weights.reduce((sum, weight) => sum + weight, 0) / 2;
  let reached = 0;
  for (const i of order) {
    reached += weights[i]!;
    if (reached >= half && weights[i]! > 0) return i;
  }
  return -1;
}

/** The weighted median itself; NaN when nothing has weight. */
export function weightedMedian(values: readonly number[], weights: readonly number[]): number {
  return values[weightedMedianIndex(values, weights)] ?? Number.NaN;
}
