/**
 * Jain's fairness index (Σx)² / (n·Σx²), in [1/n, 1]: 1 when all are treated alike, 1/n when one has everything.
 * Undefined for no values.
 *
 * R. Jain, D. Chiu, W. Hawe: A Quantitative Measure of Fairness and Discrimination for Resource Allocation in Shared
 * Computer Systems, DEC-TR-301, 1984, equation 2.
 */
export function jainIndex(values: readonly number[]): number | undefined {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return squares > 0 ? (sum * sum) / (values.length * squares) : undefined;
}
