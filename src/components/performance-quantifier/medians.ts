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

/**
 * The weighted median itself; NaN when nothing has weight. Linear on average: quickselect that goes on at the side on
 * which half of the weight is reached (Cormen et al., "Introduction to Algorithms", problem 9-2).
 */
export function weightedMedian(values: readonly number[], weights: readonly number[]): number {
  const chosen = new Float64Array(values);
  const carried = new Float64Array(weights);
  let half = 0;
  for (const weight of carried) half += weight / 2;
  let low = 0;
  let high = chosen.length - 1;
  while (half > 0 && low <= high) {
    const pivot = chosen[(low + high) >> 1]!;
    // [low, less) is below the pivot, [less, at) equal to it, (more, high] above it.
    let [less, at, more] = [low, low, high];
    let [weightBelow, weightOfPivot] = [0, 0];
    while (at <= more) {
      const value = chosen[at]!;
      if (value > pivot) swap(chosen, carried, at, more--);
      else if (value < pivot) {
        weightBelow += carried[at]!;
        swap(chosen, carried, at++, less++);
      } else weightOfPivot += carried[at++]!;
    }
    if (weightBelow >= half) high = less - 1;
    else if (weightBelow + weightOfPivot >= half || more === high) return pivot;
    else {
      half -= weightBelow + weightOfPivot;
      low = more + 1;
    }
  }
  return Number.NaN;
}

function swap(values: Float64Array, weights: Float64Array, i: number, j: number): void {
  const value = values[i]!;
  const weight = weights[i]!;
  values[i] = values[j]!;
  weights[i] = weights[j]!;
  values[j] = value;
  weights[j] = weight;
}
