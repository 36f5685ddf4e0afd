/**
 * Shares multiplied in their odds, s/(1 − s): what is seldom is multiplied itself, and what is certain stays certain.
 */
export function withOdds(share: number, factor: number): number {
  return share >= 1 ? 1 : (factor * share) / (1 - share + factor * share);
}
