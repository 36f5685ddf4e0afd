import type { Random } from '../../../src/models/ports.ts';
import { standardNormal } from '../../replay/random-variates.ts';

/**
 * A gamma variate with scale 1 and that shape > 0.
 *
 * Marsaglia and Tsang, A simple method for generating gamma variables (ACM TOMS 26, 2000), section 2; a shape under 1
 * by their section 6.
 */
export function gammaVariate(shape: number, random: Random): number {
  if (shape < 1) return gammaVariate(shape + 1, random) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = standardNormal(random);
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
