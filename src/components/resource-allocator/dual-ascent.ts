import { costOfExcess, costOfWaits, dualValue } from './cost.ts';
import { allocateMultipliers, keepUnderCeilings, type Multipliers, respondToAll } from './multipliers.ts';
import type { Component, Program } from './program.ts';
import { repair } from './repair.ts';
import { allocateResponse, type Response } from './response.ts';
import { settleChain } from './settle-chain.ts';

/** The gap at which a component counts as solved, and the sweeps after which it is left as it is. */
const GOAL = 9e-5;
const MOST_SWEEPS = 2000;
/** Sweeps between two looks at the gap. */
const SWEEPS_PER_LOOK = 1;

/** Searches are as exact as the gap makes worth while: this part of it, within these. */
const PART_OF_GAP = 0.1;
const LOOSEST = 1e-2;
const TIGHTEST = 1e-9;

export interface Optimum {
  readonly multipliers: Multipliers;
  /** h of every service: feasible for every chain whose multiplier is under its ceiling. */
  readonly waits: Float64Array;
  /** W of every service: what a unit of its wait costs. */
  readonly weights: Float64Array;
  /** Of those waits, with what chains over their budget cost at their ceilings. */
  readonly cost: number;
  readonly lowerBound: number;
  readonly sweeps: number;
}

interface State {
  readonly multipliers: Multipliers;
  readonly response: Response;
  readonly trial: Float64Array;
  readonly waits: Float64Array;
}

/** Solves the program from the given multipliers (all 0: cold). */
export function solveProgram(program: Program, start: Multipliers = allocateMultipliers(program)): Optimum {
  const state: State = {
    multipliers: start,
    response: allocateResponse(program.services.count),
    trial: new Float64Array(program.services.count),
    waits: Float64Array.from(program.services.waitLower),
  };
  let cost = 0;
  let lowerBound = 0;
  let sweeps = 0;
  for (const component of program.components) {
    const solved = solveComponent(program, component, state);
    cost += solved.cost;
    lowerBound += solved.lowerBound;
    sweeps = Math.max(sweeps, solved.sweeps);
  }
  return {
    multipliers: state.multipliers,
    weights: state.response.weight,
    waits: state.waits,
    cost,
    lowerBound,
    sweeps,
  };
}

function solveComponent(program: Program, component: Component, state: State) {
  const { multipliers, response } = state;
  let cost = Number.POSITIVE_INFINITY;
  let lowerBound = Number.NEGATIVE_INFINITY;
  let sweeps = 0;
  keepUnderCeilings(program, component, multipliers);
  for (; sweeps < MOST_SWEEPS; ) {
    respondToAll(program, component, multipliers, response);
    lowerBound = Math.max(lowerBound, dualValue(program, component, multipliers, response));
    repair(program, component, multipliers, response.wait, state.trial);
    const found =
      costOfWaits(program, component, state.trial) + costOfExcess(program, component, state.trial);
    if (found < cost) {
      cost = found;
      for (let s = component.firstService; s < component.endService; s++) state.waits[s] = state.trial[s]!;
    }
    const gap = (cost - lowerBound) / cost;
    if (!(gap > GOAL)) break;
    response.tolerance = Math.min(LOOSEST, Math.max(TIGHTEST, PART_OF_GAP * gap));
    for (let k = 0; k < SWEEPS_PER_LOOK; k++, sweeps++) sweep(program, component, multipliers, response);
  }
  return { cost, lowerBound, sweeps };
}

function sweep(program: Program, component: Component, multipliers: Multipliers, response: Response): void {
  for (let c = component.firstChain; c < component.endChain; c++)
    settleChain(program, multipliers, response, c);
}
