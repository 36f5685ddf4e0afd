import { costOfExcess, costOfWaits, dualValue } from './cost.ts';
import {
  allocateMultipliers,
  balanceParts,
  keepUnderCeilings,
  type Multipliers,
  respondToAll,
} from './multipliers.ts';
import type { Component, Program, ServiceColumns } from './program.ts';
import { repair } from './repair.ts';
import { allocateResponse, type Response } from './response.ts';
import { settleChain } from './settle-chain.ts';

/** The gap at which a component counts as solved, and the sweeps after which it is left as it is. */
const GOAL = 9e-5;
const MOST_SWEEPS = 2000;
/** Sweeps before the first look at the gap where there is nothing to start from. */
const FIRST_SWEEPS = 4;
/** Share of the gap that one more sweep is expected to leave, within these: a look costs as much as three sweeps. */
const FASTEST = 0.5;
const SLOWEST = 0.98;
const MOST_BLIND = 12;
/** The first sweeps of a cold start are over all chains, the others over those that matter at the last look. */
const SWEEPS_OVER_ALL = 2;
/** Differences in cost that mean nothing. */
const ROUNDING = 1e-12;
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

interface Bounds {
  cost: number;
  lowerBound: number;
  sweeps: number;
}

interface State {
  readonly multipliers: Multipliers;
  readonly response: Response;
  /** Chains that have a multiplier or were over their budget at the last look, and how many. */
  readonly active: Int32Array;
  activeCount: number;
  readonly trial: Float64Array;
  readonly waits: Float64Array;
}

/** Solves the program from the given multipliers (all 0: cold). */
export function solveProgram(program: Program, start: Multipliers = allocateMultipliers(program)): Optimum {
  const state: State = {
    multipliers: start,
    response: allocateResponse(program.services.count),
    active: new Int32Array(program.chains.count),
    activeCount: 0,
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

/** Sweeps and looks at the gap in turn; how fast it falls says how many sweeps to make before the next look. */
function solveComponent(program: Program, component: Component, state: State): Bounds {
  const { multipliers, response } = state;
  const bounds = { cost: Number.POSITIVE_INFINITY, lowerBound: Number.NEGATIVE_INFINITY, sweeps: 0 };
  keepUnderCeilings(program, component, multipliers);
  respondToAll(program, component, multipliers, response);
  const isWarm = hasMultiplier(component, multipliers);
  let gap = 1;
  let fall = FASTEST;
  for (let more = isWarm ? 0 : FIRST_SWEEPS; ; ) {
    for (let k = 1; k <= more; k++) {
      response.tolerance = clip(PART_OF_GAP * gap * fall ** k, TIGHTEST, LOOSEST);
      if (bounds.sweeps === 0 && k <= SWEEPS_OVER_ALL) sweepAll(program, component, state);
      else sweepActive(program, state);
    }
    bounds.sweeps += more;
    const before = gap;
    gap = look(program, component, state, bounds);
    if (!(gap > GOAL) || bounds.sweeps >= MOST_SWEEPS) return bounds;
    if (bounds.sweeps > more) fall = clip((gap / before) ** (1 / more), FASTEST, SLOWEST);
    more = Math.min(MOST_BLIND, Math.ceil(Math.log(GOAL / gap) / Math.log(fall)));
  }
}

function hasMultiplier(component: Component, { chain }: Multipliers): boolean {
  for (let c = component.firstChain; c < component.endChain; c++) if (chain[c]! > 0) return true;
  return false;
}

/** Works out both bounds from the multipliers alone and keeps the best; returns the gap between them. */
function look(program: Program, component: Component, state: State, bounds: Bounds): number {
  const { multipliers, response, trial, waits } = state;
  balanceParts(program, component, multipliers);
  respondToAll(program, component, multipliers, response);
  bounds.lowerBound = Math.max(bounds.lowerBound, dualValue(program, component, multipliers, response));
  state.activeCount = repair(program, component, multipliers, response.wait, trial, state.active);
  const cost = costOfWaits(program, component, trial) + costOfExcess(program, component, trial);
  if (cost < bounds.cost) {
    bounds.cost = cost;
    for (let s = component.firstService; s < component.endService; s++) waits[s] = trial[s]!;
  }
  const excess = bounds.cost - bounds.lowerBound;
  if (excess <= ROUNDING * bounds.cost) return 0;
  return excess / (bounds.cost - costOfConstant(program.services, component));
}

/** Cost of the services whose capacity cannot change: no part of what the gap is measured by. */
function costOfConstant({ costLower, lower, upper }: ServiceColumns, component: Component): number {
  let cost = 0;
  for (let s = component.firstService; s < component.endService; s++) {
    if (lower[s] === upper[s]) cost += costLower[s]!;
  }
  return cost;
}

function clip(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

/** Settles every chain and lists those that have a multiplier then. */
function sweepAll(program: Program, component: Component, state: State): void {
  const { active, multipliers, response } = state;
  state.activeCount = 0;
  for (let c = component.firstChain; c < component.endChain; c++) {
    settleChain(program, multipliers, response, c);
    if (multipliers.chain[c]! > 0) active[state.activeCount++] = c;
  }
}

/** Settles the listed chains: the others kept their SLO when it was last looked at. */
function sweepActive(program: Program, { active, activeCount, multipliers, response }: State): void {
  for (let at = 0; at < activeCount; at++) settleChain(program, multipliers, response, active[at]!);
}
