import type { PlanningChain, PlanningProblem, PlanningService } from '../../models/plans.ts';
import { RowWriter } from './chain-rows.ts';
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
  readonly services: readonly PlanningService[];
  readonly chains: readonly PlanningChain[];
  readonly numbers: ReadonlyMap<string, number>;
  /** D by service, also of those that are fixed. */
  readonly demand: Float64Array;
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
  const structure = structureOf(problem, known);
  const services = inProgramOrder(problem.services, structure.serviceOrder);
  const chains = inProgramOrder(problem.chains, structure.chainOrder);
  const figures = readFigures(problem, structure.service.length);
  const demand = demands(structure, figures, chains);
  const columns = allocateColumns(services.length);
  for (let s = 0; s < services.length; s++) {
    fillService(columns, s, services[s]!, demand[s]!, maxUtilization);
  }
  const writer = new RowWriter(structure, figures, constantWaits(services, demand));
  for (let c = 0; c < chains.length; c++) writer.write(c, chains[c]!);
  const { rows, serialFloor } = writer;
  const achievable = new Float64Array(chains.length);
  for (let c = 0; c < chains.length; c++) {
    achievable[c] = serialFloor[c]! + chainTime(rows, columns.waitUpper, c);
    rows.budget[c] = budgetOf(chains[c]!, serialFloor[c]!, achievable[c]!);
  }
  const program = { services: columns, chains: rows, components: structure.components };
  const { numbers } = structure;
  return { program, structure, services, chains, numbers, demand, serialFloor, achievable };
}

function inProgramOrder<Item>(items: readonly Item[], order: Int32Array): readonly Item[] {
  const ordered: Item[] = [];
  for (let at = 0; at < order.length; at++) ordered.push(items[order[at]!]!);
  return ordered;
}

/** Whether a chain can meet its SLO with every service at its upper bound. */
export function isFeasible(chain: PlanningChain, achievable: number): boolean {
  return achievable <= chain.sloSeconds * (1 + 1e-12);
}

/**
 * A chain that cannot have its target is planned for as much more than it can have as an infeasible one, but never for
 * more than its SLO.
 */
function budgetOf(chain: PlanningChain, serialFloor: number, achievable: number): number {
  const reachable = INFEASIBLE_SLACK * achievable;
  const wanted = chain.targetSeconds ?? chain.sloSeconds;
  const target = Math.min(chain.sloSeconds, Math.max(wanted, reachable));
  const bound = isFeasible(chain, achievable) ? Math.max(target, achievable) : reachable;
  return Number.isFinite(bound) ? bound - serialFloor : Number.POSITIVE_INFINITY;
}

/** Summed up in the program's order, so that the input's order does not show in the rounding. */
function demands(structure: Structure, figures: Figures, chains: readonly PlanningChain[]): Float64Array {
  const { branchStart, chainOrder, service, stageStart, visitStart } = structure;
  const { visits, demand } = figures;
  const sums = new Float64Array(structure.serviceOrder.length);
  for (let at = 0; at < chainOrder.length; at++) {
    const c = chainOrder[at]!;
    const { rate } = chains[at]!;
    const end = visitStart[branchStart[stageStart[c + 1]!]!]!;
    for (let j = visitStart[branchStart[stageStart[c]!]!]!; j < end; j++) {
      sums[service[j]!]! += rate * visits[j]! * demand[j]!;
    }
  }
  return sums;
}

/** Waits that no plan changes; NaN for the others. */
function constantWaits(services: readonly PlanningService[], demand: Float64Array): Float64Array {
  const waits = new Float64Array(services.length);
  for (let s = 0; s < services.length; s++) waits[s] = constantWait(services[s]!, demand[s]!);
  return waits;
}

function constantWait(service: PlanningService, load: number): number {
  const { fixed } = service;
  if (fixed !== undefined) return waitOfShape(service, load, fixed.instances, fixed.cpu);
  if (load === 0) return 0;
  return isOverloaded(service, load) ? Number.POSITIVE_INFINITY : Number.NaN;
}
