import type { PlanningChain, PlanningProblem, PlanningVisit } from '../../models/plans.ts';
import type { ChainRows } from './program.ts';

interface Sizes {
  readonly chains: number;
  readonly stages: number;
  readonly branches: number;
  readonly visits: number;
  /** Visits of the largest chain. */
  readonly largest: number;
}

/**
 * Writes chains into rows. Services are numbers; a service whose wait cannot change counts with its constant wait as
 * part of the floors, and one that comes twice in a branch as one visit.
 */
export class RowWriter {
  readonly rows: ChainRows;
  /** Serial floors with the overhead, s. */
  readonly serialFloor: Float64Array;
  #visit = 0;
  #stage = 0;
  #branch = 0;
  readonly #numbers: ReadonlyMap<string, number>;
  /** Wait of a service that cannot change, NaN where it can. */
  readonly #constantWait: Float64Array;

  constructor(problem: PlanningProblem, numbers: ReadonlyMap<string, number>, constantWait: Float64Array) {
    const sizes = measure(problem.chains);
    this.rows = allocateRows(sizes);
    this.serialFloor = new Float64Array(sizes.chains);
    this.#numbers = numbers;
    this.#constantWait = constantWait;
  }

  write(c: number, chain: PlanningChain): void {
    const { serialStart, serialEnd, stageStart, stageEnd } = this.rows;
    serialStart[c] = this.#visit;
    let floor = chain.overheadSeconds;
    for (const stage of chain.stages) {
      if (stage.length === 1) floor += this.#writeVisits(chain.composition, stage[0]!, serialStart[c]);
    }
    serialEnd[c] = this.#visit;
    this.serialFloor[c] = floor;
    stageStart[c] = this.#stage;
    for (const stage of chain.stages) if (stage.length > 1) this.#writeStage(chain.composition, stage);
    stageEnd[c] = this.#stage;
  }

  #writeStage(composition: number, stage: PlanningChain['stages'][number]): void {
    const { branchFloor, branchStart, branchVisitStart, branchVisitEnd } = this.rows;
    branchStart[this.#stage] = this.#branch;
    for (const branch of stage) {
      const start = this.#visit;
      branchVisitStart[this.#branch] = start;
      branchFloor[this.#branch] = this.#writeVisits(composition, branch, start);
      branchVisitEnd[this.#branch] = this.#visit;
      this.#branch++;
    }
    this.#stage++;
    branchStart[this.#stage] = this.#branch;
  }

  /** Appends visits, merging with those since `start`; returns their floors, s. */
  #writeVisits(composition: number, branch: readonly PlanningVisit[], start: number): number {
    let floor = 0;
    for (const visit of branch) {
      const s = this.#numbers.get(visit.service)!;
      const factor = composition * visit.visits;
      const constant = this.#constantWait[s]!;
      floor += factor * visit.floor;
      if (Number.isNaN(constant)) this.#append(s, factor * visit.queueing, start);
      else if (visit.visits > 0) floor += constant === 0 ? 0 : overload(factor * visit.queueing, constant);
    }
    return floor;
  }

  #append(s: number, weight: number, start: number): void {
    if (weight <= 0) return;
    const { visitService, visitWeight } = this.rows;
    for (let j = start; j < this.#visit; j++) {
      if (visitService[j] !== s) continue;
      visitWeight[j] = visitWeight[j]! + weight;
      return;
    }
    visitService[this.#visit] = s;
    visitWeight[this.#visit++] = weight;
  }
}

/** An overloaded service never answers, however light its waiting is otherwise. */
function overload(weight: number, wait: number): number {
  return Number.isFinite(wait) ? weight * wait : Number.POSITIVE_INFINITY;
}

function measure(chains: readonly PlanningChain[]): Sizes {
  let stages = 0;
  let branches = 0;
  let visits = 0;
  let largest = 0;
  for (const chain of chains) {
    const before = visits;
    for (const stage of chain.stages) {
      if (stage.length > 1) {
        stages++;
        branches += stage.length;
      }
      for (const branch of stage) visits += branch.length;
    }
    largest = Math.max(largest, visits - before);
  }
  return { chains: chains.length, stages, branches, visits, largest };
}

function allocateRows(sizes: Sizes): ChainRows {
  const { chains, stages, branches, visits, largest } = sizes;
  return {
    count: chains,
    budget: new Float64Array(chains),
    ceiling: new Float64Array(chains).fill(Number.POSITIVE_INFINITY),
    serialStart: new Int32Array(chains),
    serialEnd: new Int32Array(chains),
    stageStart: new Int32Array(chains),
    stageEnd: new Int32Array(chains),
    branchStart: new Int32Array(stages + 1),
    branchVisitStart: new Int32Array(branches),
    branchVisitEnd: new Int32Array(branches),
    branchFloor: new Float64Array(branches),
    visitService: new Int32Array(visits + largest),
    visitWeight: new Float64Array(visits + largest),
    scratch: visits,
  };
}
