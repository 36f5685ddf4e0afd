import type { PlanningChain, PlanningProblem, PlanningService } from '../../models/plans.ts';
import { RowWriter } from './chain-rows.ts';
import { chainTime } from './chain-time.ts';
import { orderByComponent } from './components.ts';
import type { Program } from './program.ts';
import { allocateColumns, fillService, isOverloaded, waitOfShape } from './service-columns.ts';

/** The SLO that an infeasible chain is planned with, as a multiple of what it can have (DESIGN section 3). */
const INFEASIBLE_SLACK = 1.05;

/** A program with what its rows and columns stand for, in the program's order. */
export interface Compiled {
  readonly program: Program;
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
 * Orders everything by component and id, so that the order of the input never shows in a result, and writes the
 * program. `maxUtilization` bounds ρ from above in the continuous plan; 1 is the bare model.
 */
export function compileProgram(problem: PlanningProblem, maxUtilization: number): Compiled {
  const services = sortedById(problem.services);
  const chains = sortedById(problem.chains);
  const numbers = new Map(services.map((service, s) => [service.id, s]));
  const demand = demands(chains, numbers, services.length);
  const writer = new RowWriter(problem, numbers, constantWaits(services, demand));
  for (const [c, chain] of chains.entries()) writer.write(c, chain);
  const ordered = orderByComponent(writer.rows, writer.serialFloor, services, chains, demand);
  const columns = allocateColumns(services.length);
  for (const [s, service] of ordered.services.entries()) {
    fillService(columns, s, service, ordered.demand[s]!, maxUtilization);
  }
  const { rows, serialFloor } = ordered;
  const achievable = new Float64Array(chains.length);
  for (const [c, chain] of ordered.chains.entries()) {
    achievable[c] = serialFloor[c]! + chainTime(rows, columns.waitUpper, c);
    rows.budget[c] = budgetOf(chain, serialFloor[c]!, achievable[c]);
  }
  return {
    ...ordered,
    program: { services: columns, chains: rows, components: ordered.components },
    achievable,
  };
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

function demands(
  chains: readonly PlanningChain[],
  numbers: ReadonlyMap<string, number>,
  count: number,
): Float64Array {
  const demand = new Float64Array(count);
  for (const chain of chains) {
    for (const stage of chain.stages) {
      for (const branch of stage) {
        for (const visit of branch) {
          const s = numbers.get(visit.service)!;
          demand[s] = demand[s]! + chain.rate * visit.visits * visit.demand;
        }
      }
    }
  }
  return demand;
}

/** Waits that no plan changes; NaN for the others. */
function constantWaits(services: readonly PlanningService[], demand: Float64Array): Float64Array {
  return Float64Array.from(services, (service, s) => {
    const load = demand[s]!;
    if (service.fixed !== undefined)
      return waitOfShape(service, load, service.fixed.instances, service.fixed.cpu);
    if (load === 0) return 0;
    return isOverloaded(service, load) ? Number.POSITIVE_INFINITY : Number.NaN;
  });
}

/** In code unit order of the ids; the same array when it is sorted already. */
function sortedById<Item extends { readonly id: string }>(items: readonly Item[]): readonly Item[] {
  if (items.every((item, i) => i === 0 || items[i - 1]!.id < item.id)) return items;
  const byId = new Map(items.map((item) => [item.id, item]));
  return [...byId.keys()].sort().map((id) => byId.get(id)!);
}
