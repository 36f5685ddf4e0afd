import type { Random } from '../../../src/models/ports.ts';

const LARGEST = 500;

/**
 * Poisson-distributed count. Knuth, The Art of Computer Programming 2, section 3.4.1; of large means in parts, whose counts
 * add up.
 */
export function poisson(mean: number, random: Random): number {
  if (mean > LARGEST) return poisson(mean / 2, random) + poisson(mean / 2, random);
  let count = 0;
  for (let product = random(); product > Math.exp(-mean); product *= random()) count += 1;
  return count;
}
