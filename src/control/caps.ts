import type { Plan } from '../models/plans.ts';

/** Chains that the plan has over their SLO because a cap on all services together lets it do no better. */
export function chainsGivenUp({ chains, caps }: Plan): ReadonlySet<string> {
  const isBound = caps?.cpu?.binds === true || caps?.memory?.binds === true;
  const late = chains.filter((chain) => chain.expectedLatency > chain.sloSeconds * (1 + 1e-9));
  return new Set(isBound ? late.map(({ id }) => id) : []);
}
