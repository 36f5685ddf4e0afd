import type { Component, Program } from './program.ts';
import { type Response, respond } from './response.ts';

/**
 * μ of each chain, and its parts on the branches of each stage with parallel branches, which sum to μ stage by stage.
 * Unit: cost per second of SLO.
 */
export interface Multipliers {
  readonly chain: Float64Array;
  readonly branch: Float64Array;
}

export function allocateMultipliers(program: Program): Multipliers {
  return {
    chain: new Float64Array(program.chains.count),
    branch: new Float64Array(program.chains.branchFloor.length),
  };
}

/** Lowers multipliers that are over their ceiling to it, the branches in proportion. */
export function keepUnderCeilings(program: Program, component: Component, multipliers: Multipliers): void {
  const { branchStart, ceiling, stageEnd, stageStart } = program.chains;
  for (let c = component.firstChain; c < component.endChain; c++) {
    const mu = multipliers.chain[c]!;
    if (mu <= ceiling[c]!) continue;
    multipliers.chain[c] = ceiling[c]!;
    const end = branchStart[stageEnd[c]!]!;
    for (let b = branchStart[stageStart[c]!]!; b < end; b++) multipliers.branch[b]! *= ceiling[c]! / mu;
  }
}

/** Takes out what rounding has left between a chain's multiplier and the sums of its parts, stage by stage. */
export function balanceParts(program: Program, component: Component, { branch, chain }: Multipliers): void {
  const { branchStart, stageEnd, stageStart } = program.chains;
  for (let c = component.firstChain; c < component.endChain; c++) {
    for (let i = stageStart[c]!; i < stageEnd[c]!; i++) {
      let sum = 0;
      for (let b = branchStart[i]!; b < branchStart[i + 1]!; b++) sum += branch[b]!;
      if (i === stageStart[c]) chain[c] = sum;
      const factor = sum > 0 ? chain[c]! / sum : 0;
      if (factor === 1) continue;
      for (let b = branchStart[i]!; b < branchStart[i + 1]!; b++) branch[b] = branch[b]! * factor;
    }
  }
}

/** Works the services' response out afresh from the multipliers alone. */
export function respondToAll(
  program: Program,
  component: Component,
  multipliers: Multipliers,
  response: Response,
): void {
  const { chains, services } = program;
  response.weight.fill(0, component.firstService, component.endService);
  for (let c = component.firstChain; c < component.endChain; c++) {
    const mu = multipliers.chain[c]!;
    if (mu === 0) continue;
    addWeight(program, response, chains.serialStart[c]!, chains.serialEnd[c]!, mu);
    for (let i = chains.stageStart[c]!; i < chains.stageEnd[c]!; i++) {
      for (let b = chains.branchStart[i]!; b < chains.branchStart[i + 1]!; b++) {
        const part = multipliers.branch[b]!;
        addWeight(program, response, chains.branchVisitStart[b]!, chains.branchVisitEnd[b]!, part);
      }
    }
  }
  for (let s = component.firstService; s < component.endService; s++) respond(services, response, s);
}

function addWeight(program: Program, response: Response, from: number, to: number, mu: number): void {
  const { visitService, visitWeight } = program.chains;
  const { weight } = response;
  for (let j = from; j < to; j++) {
    const s = visitService[j]!;
    weight[s] = weight[s]! + mu * visitWeight[j]!;
  }
}
