import { chainTime } from './chain-time.ts';
import type { Multipliers } from './multipliers.ts';
import type { Component, Program } from './program.ts';

/**
 * Makes waits that every chain can live with out of waits that a few chains cannot, as near to them as one pass can.
 *
 * At the services' upper bounds every chain keeps its budget, and a chain's time is convex in the waits, so a chain is
 * served when each of its services goes at most the share θ = (budget − time at the bounds)/(time − time at the
 * bounds) of the way from its least wait to the given one. A chain whose multiplier is at its ceiling is left as it is.
 *
 * Lists the chains that have a multiplier or are over their budget in `active`; returns how many.
 */
export function repair(
  program: Program,
  component: Component,
  multipliers: Multipliers,
  waits: Float64Array,
  repaired: Float64Array,
  active: Int32Array,
): number {
  const { chains, services } = program;
  let count = 0;
  repaired.fill(1, component.firstService, component.endService);
  for (let c = component.firstChain; c < component.endChain; c++) {
    const time = chainTime(chains, waits, c);
    const budget = chains.budget[c]!;
    const mu = multipliers.chain[c]!;
    if (time > budget || mu > 0) active[count++] = c;
    if (!(time > budget) || mu >= chains.ceiling[c]!) continue;
    const best = chainTime(chains, services.waitUpper, c);
    const share = Math.max(0, ((budget - best) / (time - best)) * (1 - 1e-12));
    const end = endOfVisits(program, c);
    for (let j = chains.serialStart[c]!; j < end; j++) {
      const s = chains.visitService[j]!;
      if (share < repaired[s]!) repaired[s] = share;
    }
  }
  for (let s = component.firstService; s < component.endService; s++) {
    const least = services.waitUpper[s]!;
    repaired[s] = least + repaired[s]! * (waits[s]! - least);
  }
  return count;
}

/** Visits of a chain are contiguous: from its first serial one to the last of its last branch. */
export function endOfVisits(program: Program, c: number): number {
  const { chains } = program;
  const stages = chains.stageEnd[c]!;
  if (chains.stageStart[c]! === stages) return chains.serialEnd[c]!;
  return chains.branchVisitEnd[chains.branchStart[stages]! - 1]!;
}
