/**
 * Diebold & Mariano (1995), section 1.1: the mean of the loss differences over its standard error, about standard
 * normal when two forecasters are equally good. Forecasts of `horizon` steps from neighbouring origins share their
 * targets, so differences less than `horizon` steps apart count as dependent (Bartlett weights, which keep the
 * variance from turning negative: Newey & West 1987).
 *
 * @param differences loss of the first minus loss of the second, one an origin
 * @param origins their steps, ascending
 * @returns negative when the first is better; 0 when nothing differs
 */
export function dieboldMariano(differences: Float64Array, origins: Int32Array, horizon: number): number {
  const count = differences.length;
  if (count < 2) return 0;
  const mean = differences.reduce((sum, difference) => sum + difference, 0) / count;
  let variance = 0;
  for (let i = 0; i < count; i++) {
    for (let j = i; j < count; j++) {
      const apart = origins[j]! - origins[i]!;
      if (apart >= horizon) break;
      const weight = (i === j ? 1 : 2) * (1 - apart / horizon);
      variance += weight * (differences[i]! - mean) * (differences[j]! - mean);
    }
  }
  if (mean === 0) return 0;
  return variance > 0 ? (mean * count) / Math.sqrt(variance) : Math.sign(mean) * Number.POSITIVE_INFINITY;
}
