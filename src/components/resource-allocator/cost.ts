import { chainTime } from './chain-time.ts';
import type { Multipliers } from './multipliers.ts';
import type { Component, Program, ServiceColumns } from './program.ts';
import { capacityOfWait, type Response } from './response.ts';

/** Cost of a continuous capacity of service s. */
export function costOfCapacity(columns: ServiceColumns, s: number, capacity: number): number {
  const middle = columns.middle[s]!;
  return (
    columns.costLower[s]! +
    columns.priceBelow[s]! * (Math.min(capacity, middle) - columns.lower[s]!) +
    columns.priceAbove[s]! * Math.max(0, capacity - middle)
  );
}

/** Cost of the component's services at the given waits. */
export function costOfWaits(program: Program, component: Component, waits: Float64Array): number {
  let cost = 0;
  for (let s = component.firstService; s < component.endService; s++) {
    cost += costOfCapacity(program.services, s, capacityOfWait(program.services, s, waits[s]!));
  }
  return cost;
}

/** What the component's chains that are over their budget cost at their ceilings; 0 for those without a ceiling. */
export function costOfExcess(program: Program, component: Component, waits: Float64Array): number {
  const { budget, ceiling } = program.chains;
  let cost = 0;
  for (let c = component.firstChain; c < component.endChain; c++) {
    if (ceiling[c] === Number.POSITIVE_INFINITY || budget[c] === Number.POSITIVE_INFINITY) continue;
    cost += ceiling[c]! * Math.max(0, chainTime(program.chains, waits, c) - budget[c]!);
  }
  return cost;
}

/**
 * Value of the dual function at the multipliers that the response was worked out from. By weak duality no allocation
 * that keeps every chain costs less: g(μ) = Σ min_C (cost(C) + W·h(C)) + Σ μ·(floors − SLO).
 */
export function dualValue(
  program: Program,
  component: Component,
  multipliers: Multipliers,
  response: Response,
): number {
  const { chains } = program;
  let value = 0;
  for (let s = component.firstService; s < component.endService; s++) {
    value += costOfCapacity(program.services, s, program.services.demand[s]! + response.spare[s]!);
    value += response.weight[s]! * response.wait[s]!;
  }
  for (let c = component.firstChain; c < component.endChain; c++) {
    const mu = multipliers.chain[c]!;
    if (mu === 0) continue;
    value -= mu * chains.budget[c]!;
    for (let i = chains.stageStart[c]!; i < chains.stageEnd[c]!; i++) {
      for (let b = chains.branchStart[i]!; b < chains.branchStart[i + 1]!; b++) {
        value += multipliers.branch[b]! * chains.branchFloor[b]!;
      }
    }
  }
  return value;
}
