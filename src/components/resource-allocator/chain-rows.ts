import type { Figures } from './figures.ts';
import type { ChainRows } from './program.ts';
import type { Structure } from './structure.ts';

/** Rows in the program's order, and by chain the serial floors with the overhead, s. */
export interface Written {
  readonly rows: ChainRows;
  readonly serialFloor: Float64Array;
}

/**
 * Writes chains into rows. A service whose wait cannot change (`constantWait`, NaN for the others) counts with that
 * wait as part of the floors, and one that comes twice in a branch as one visit.
 */
export function writeRows(structure: Structure, figures: Figures, constantWait: Float64Array): Written {
  const writer = new RowWriter(structure, figures, constantWait);
  for (let c = 0; c < writer.rows.count; c++) writer.write(c);
  return writer;
}

class RowWriter implements Written {
  readonly rows: ChainRows;
  readonly serialFloor: Float64Array;
  #visit = 0;
  #stage = 0;
  #branch = 0;
  readonly #structure: Structure;
  readonly #figures: Figures;
  readonly #constantWait: Float64Array;

  constructor(structure: Structure, figures: Figures, constantWait: Float64Array) {
    this.rows = allocateRows(structure);
    this.serialFloor = new Float64Array(structure.chainOrder.length);
    this.#structure = structure;
    this.#figures = figures;
    this.#constantWait = constantWait;
  }

  write(c: number): void {
    const { serialStart, serialEnd, stageStart, stageEnd } = this.rows;
    const { branchStart, chainOrder, stageStart: first } = this.#structure;
    const read = chainOrder[c]!;
    const from = first[read]!;
    const to = first[read + 1]!;
    const composition = this.#figures.composition[read]!;
    const start = this.#visit;
    serialStart[c] = start;
    let floor = this.#figures.overhead[read]!;
    for (let i = from; i < to; i++) {
      const b = branchStart[i]!;
      if (branchStart[i + 1]! - b === 1) floor += this.#writeBranch(composition, b, start);
    }
    serialEnd[c] = this.#visit;
    this.serialFloor[c] = floor;
    stageStart[c] = this.#stage;
    for (let i = from; i < to; i++) {
      if (branchStart[i + 1]! - branchStart[i]! > 1) this.#writeStage(composition, i);
    }
    stageEnd[c] = this.#stage;
  }

  #writeStage(composition: number, i: number): void {
    const { branchFloor, branchStart, branchVisitStart, branchVisitEnd } = this.rows;
    branchStart[this.#stage] = this.#branch;
    for (let b = this.#structure.branchStart[i]!; b < this.#structure.branchStart[i + 1]!; b++) {
      const start = this.#visit;
      branchVisitStart[this.#branch] = start;
      branchFloor[this.#branch] = this.#writeBranch(composition, b, start);
      branchVisitEnd[this.#branch] = this.#visit;
      this.#branch++;
    }
    this.#stage++;
    branchStart[this.#stage] = this.#branch;
  }

  /** Appends the visits of input branch b, merging with those since `start`; returns their floors, s. */
  #writeBranch(composition: number, b: number, start: number): number {
    const { service, visitStart } = this.#structure;
    const { floor, queueing, visits } = this.#figures;
    let floors = 0;
    for (let j = visitStart[b]!; j < visitStart[b + 1]!; j++) {
      const constant = this.#constantWait[service[j]!]!;
      const factor = composition * visits[j]!;
      floors += factor * floor[j]!;
      if (Number.isNaN(constant)) this.#append(service[j]!, factor * queueing[j]!, start);
      else if (visits[j]! > 0 && constant > 0) floors += overload(factor * queueing[j]!, constant);
    }
    return floors;
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

function allocateRows({ chainOrder, parallel, service }: Structure): ChainRows {
  const chains = chainOrder.length;
  const visits = service.length;
  const { branches, stages } = parallel;
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
    visitService: new Int32Array(2 * visits),
    visitWeight: new Float64Array(2 * visits),
    scratch: visits,
  };
}
