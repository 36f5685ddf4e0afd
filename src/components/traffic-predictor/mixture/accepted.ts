/** Requests/s: one in thirty years, and more than there will ever be. */
export const LEAST_RATE = 1e-9;
const MOST_RATE = 1e12;

/** NaN for what is no rate; next to nothing is nothing, or its ratio to a real rate would not be a number. */
export function cleanRate(rate: number): number {
  if (!(rate >= 0 && rate <= MOST_RATE)) return Number.NaN;
  return rate < LEAST_RATE ? 0 : rate;
}

/** Whether a network's block has the length and only finite numbers. */
export function isComplete(block: ArrayLike<number>, length: number): boolean {
  for (let i = 0; i < length; i++) if (!Number.isFinite(block[i])) return false;
  return block.length === length;
}
