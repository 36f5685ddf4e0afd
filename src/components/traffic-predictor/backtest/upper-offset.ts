/** Quantiles of Student's t distribution for 1, 2, … degrees of freedom. */
const STUDENT_90 = [3.078, 1.886, 1.638, 1.533, 1.476, 1.44, 1.415, 1.397];
const STUDENT_95 = [
  6.314, 2.92, 2.353, 2.132, 2.015, 1.943, 1.895, 1.86, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761, 1.753,
  1.746, 1.74, 1.734,
];

/**
 * What must be added to a forecast so that the truth stays below with probability `level`, from past errors
 * (truth − forecast): the ⌈(n+1)·level⌉-th smallest, as in split conformal prediction (Lei et al. 2018, section 2.2).
 * With fewer errors than that rank asks for, the prediction interval of normal errors around zero:
 * t(level, n)·rms·√(1 + 1/n), which is wide on purpose. No errors: 0.
 *
 * @param errors ascending
 */
export function upperOffset(errors: Float64Array, level: 0.9 | 0.95): number {
  const count = errors.length;
  if (count === 0) return 0;
  const rank = Math.ceil((count + 1) * level - 1e-9);
  if (rank <= count) return errors[rank - 1]!;
  const student = (level === 0.9 ? STUDENT_90 : STUDENT_95)[count - 1]!;
  const meanSquare = errors.reduce((sum, error) => sum + error * error, 0) / count;
  return student * Math.sqrt(meanSquare * (1 + 1 / count));
}
