import type { Random } from '../../models/ports.ts';

const FIRST_SECONDS = 1;
const LONGEST_SECONDS = 60;

/** How long to wait after so many failures in a row, s: doubles, and half of it is chance, so that many do not come at once. */
export function backOffSeconds(failures: number, random: Random): number {
  const longest = Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** (failures - 1));
  return longest * (0.5 + 0.5 * random());
}
