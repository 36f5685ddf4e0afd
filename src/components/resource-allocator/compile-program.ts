import type { PlanningChain, PlanningProblem, PlanningService } from '../../models/plans.ts';
import { writeRows } from './chain-rows.ts';
import { chainTime } from './chain-time.ts';
import { type Figures, readFigures } from './figures.ts';
import type { Program } from './program.ts';
import { allocateColumns, fillService, isOverloaded, waitOfShape } from './service-columns.ts';
import { type Structure, structureOf } from './structure.ts';

/** The SLO that an infeasible chain is planned with, as a multiple of what it can have (DESIGN section 3). */
const INFEASIBLE_SLACK = 1.05;

/** A program with what its rows and columns stand for, in the program's order. */
export interface Compiled {
  readonly program: Program;
  readonly structure: Structure;
  readonly figures: Figures;
  readonly services: readonly PlanningService[];
  readonly chains: readonly PlanningChain[];
  readonly numbers: ReadonlyMap<string, number>;
  /** D by service, also of those that are fixed. */
  readonly demand: Float64Array;
  /** Waits that no plan changes, by service; NaN for the others. */
  readonly constantWait: Float64Array;
  /** Floors of the serial visits with the overhead by chain, s. */
  readonly serialFloor: Float64Array;
  /** Latency with every service at its upper bound by chain, s. */
  readonly achievable: Float64Array;
}

/**
 * Writes the program. `maxUtilization` bounds ρ from above in the continuous plan; 1 is the bare model. `known` is the
 * structure of an earlier problem, used again where it is the same.
 */
export function compileProgram(
  problem: PlanningProblem,
  maxUtilization: number,
  known?: Structure,
): Compiled {
  const { structure, figures } = read(problem, known);
  const services = inProgramOrder(problem.services, structure.serviceOrder);
  const chains = inProgramOrder(problem.chains, structure.chainOrder);
  const demand = demands(structure, figures, services);
  const columns = allocateColumns(services.length);
  const constantWait = new Float64Array(services.length);
  for (let s = 0; s < services.length; s++) {
    constantWait[s] = constantWaitOf(services[s]!, demand[s]!);
    const highest = Math.min(maxUtilization, services[s]!.maxUtilization ?? 1);
    fillService(columns, s, services[s]!, demand[s]!, highest);
  }
  const { rows, serialFloor } = writeRows(structure, figures, constantWait);
  const achievable = new Float64Array(chains.length);
  for (let c = 0; c < chains.length; c++) {
    achievable[c] = serialFloor[c]! + chainTime(rows, columns.waitUpper, c);
    rows.budget[c] = budgetOf(figures, structure.chainOrder[c]!, serialFloor[c]!, achievable[c]!);
  }
  return {
    program: { services: columns, chains: rows, components: structure.components },
    structure,
    figures,
    services,
    chains,
    numbers: structure.numbers,
    demand,
    constantWait,
    serialFloor,
    achievable,
  };
}

function read(problem: PlanningProblem, known: Structure | undefined) {
  const figures = known === undefined ? undefined : readFigures(problem, known);
  if (known !== undefined && figures !== undefined) return { structure: known, figures };
  const structure = structureOf(problem);
  return { structure, figures: readFigures(problem, structure)! };
}

function inProgramOrder<Item>(items: readonly Item[], order: Int32Array): readonly Item[] {
  const ordered: Item[] = [];
  for (let at = 0; at < order.length; at++) ordered.push(items[order[at]!]!);
  return ordered;
}

/** Whether a chain can meet its SLO with every service at its upper bound. */
export function isFeasible(sloSeconds: number, achievable: number): boolean {
  return achievable <= sloSeconds * (1 + 1e-12);
}

/**
 * A chain that cannot have its target is planned for as much more than it can have as an infeasible one, but never for
 * more than its SLO.
 */
function budgetOf(figures: Figures, c: number, serialFloor: number, achievable: number): number {
  const slo = figures.slo[c]!;
  const reachable = INFEASIBLE_SLACK * achievable;
  const target = Math.min(slo, Math.max(figures.target[c]!, reachable));
  const bound = isFeasible(slo, achievable) ? Math.max(target, achievable) : reachable;
  return Number.isFinite(bound) ? bound - serialFloor : Number.POSITIVE_INFINITY;
}

/** Summed up in the program's order, so that the input's order does not show in the rounding. */
function demands(structure: Structure, figures: Figures, services: readonly PlanningService[]): Float64Array {
  const { branchStart, chainOrder, service, stageStart, visitStart } = structure;
  const { demand, rate, visits } = figures;
  const sums = Float64Array.from(services, ({ baselineCores = 0 }) => baselineCores);
  for (let at = 0; at < chainOrder.length; at++) {
    const c = chainOrder[at]!;
    const end = visitStart[branchStart[stageStart[c + 1]!]!]!;
    for (let j = visitStart[branchStart[stageStart[c]!]!]!; j < end; j++) {
      const s = service[j]!;
      sums[s] = sums[s]! + rate[c]! * visits[j]! * demand[j]!;
    }
  }
  return sums;
}

function constantWaitOf(service: PlanningService, load: number): number {
  const { fixed } = service;
  if (fixed !== undefined) return waitOfShape(service, load, fixed.instances, fixed.cpu);
  if (load === 0) return 0;
  return isOverloaded(service, load) ? Number.POSITIVE_INFINITY : Number.NaN;
}
