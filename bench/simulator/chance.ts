/**
 * Randomness that is counted, not drawn: what chance decides about a visit is a function of (seed, request number,
 * place of the call, what for). So the same request burns the same CPU whatever policy it meets and whatever else
 * happened before (common random numbers: Law, Simulation Modeling and Analysis, 5th ed., section 11.2).
 *
 * The bits come from Murmur3's finaliser (Appleby, smhasher, MurmurHash3.cpp: fmix32, public domain), a bijection of
 * 32-bit words in which every bit of the input changes every bit of the output with a probability near 1/2.
 */

/** What a number is for. */
export const DEMAND = 0x2545f491;
export const DEMAND_ANGLE = 0x6a09e667;
export const WAIT = 0x3c6ef372;
export const ERROR = 0x1f83d9ab;
export const PHASE = 0x510e527f;

export function mixed(word: number): number {
  let bits = word ^ (word >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** Of a request: 32 bits that belong to it alone. */
export function requestKey(seed: number, request: number): number {
  return mixed(mixed(seed) + Math.imul(request, 0x9e3779b1));
}

/** Of a visit: its request's key and the place of its call. */
export function visitKey(request: number, place: number): number {
  return mixed(request ^ Math.imul(place + 1, 0x27d4eb2f));
}

/** Of the n-th instance of a service: what others do does not shift it. */
export function instanceKey(seed: number, service: number, nth: number): number {
  return visitKey(requestKey(~seed, service), nth);
}

/** Uniform in (0, 1). */
export function uniform(key: number, purpose: number): number {
  return ((mixed(key ^ purpose) >>> 0) + 0.5) / 4294967296;
}

/** Mean 1, by inversion. */
export function exponential(key: number, purpose: number): number {
  return -Math.log(uniform(key, purpose));
}

/**
 * Lognormal of mean 1: exp(σZ − σ²/2), because E[exp(σZ)] = exp(σ²/2). Z by Box and Muller (1958), equation 1.
 */
export function lognormal(key: number, sigma: number): number {
  if (sigma === 0) return 1;
  const radius = Math.sqrt(-2 * Math.log(uniform(key, DEMAND)));
  const normal = radius * Math.cos(2 * Math.PI * uniform(key, DEMAND_ANGLE));
  return Math.exp(sigma * (normal - sigma / 2));
}
