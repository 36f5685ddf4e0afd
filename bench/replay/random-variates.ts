import type { Random } from '../../src/models/ports.ts';
import { seededRandom } from '../../src/utils/random.ts';

/** What one visit costs in CPU, core-seconds. A lognormal with sigma 0 is a constant. */
export type Distribution =
  | { readonly kind: 'lognormal'; readonly mean: number; readonly sigma: number }
  | { readonly kind: 'exponential'; readonly mean: number };

export function draw(distribution: Distribution, random: Random): number {
  if (distribution.kind === 'exponential') return distribution.mean * unitExponential(random);
  const { mean, sigma } = distribution;
  // E[exp(N(m, s²))] = exp(m + s²/2): the shift keeps the mean where it was asked for.
  return sigma === 0 ? mean : mean * Math.exp(sigma * standardNormal(random) - (sigma * sigma) / 2);
}

export function unitExponential(random: Random): number {
  return -Math.log(1 - random());
}

/** Box and Muller 1958, one of the pair. */
export function standardNormal(random: Random): number {
  return Math.sqrt(2 * unitExponential(random)) * Math.cos(2 * Math.PI * random());
}

/** Independent generators out of one seed, so that more draws in one place do not shift those of another. */
export function randomStreams(seed: number, count: number): Random[] {
  const parent = seededRandom(seed);
  return Array.from({ length: count }, () => seededRandom(Math.floor(parent() * 2 ** 32)));
}
