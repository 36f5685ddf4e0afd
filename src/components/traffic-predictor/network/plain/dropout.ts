import type { Place, Values } from '../kernels.ts';

/**
 * Inverted dropout (Srivastava et al. 2014): a number stays with probability 1 − rate and is then divided by that, so
 * that the expectation stays. Which numbers stay follows from seed and position alone, so the way back leaves out
 * the same ones without remembering them.
 */
export function dropout(
  values: Values,
  from: Place,
  to: Place,
  count: number,
  rate: number,
  seed: number,
): void {
  // Hashes of 31 bits from here on stay.
  const least = Math.round(rate * 2 ** 31);
  const scale = 1 / (1 - rate);
  for (let i = 0; i < count; i++) values[to + i] = hash(seed + i) >= least ? values[from + i]! * scale : 0;
}

/** 31 bits: the integer finalizer "lowbias32" of Wellons 2018 (public domain). */
function hash(counter: number): number {
  let mixed = counter | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 1;
}
