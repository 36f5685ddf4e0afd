import type { PlanningService } from '../../models/plans.ts';
import type { Compiled } from './compile-program.ts';
import { MaxHeap } from './max-heap.ts';
import { type ChainsOfService, chainsOfServices, roomInChain } from './room.ts';
import { costOfShape, isOverloaded, waitOfShape } from './service-columns.ts';
import { cheapestShape, largestShape, nextCheaperCpu, type Shape } from './shape-grid.ts';

export interface Shaped {
  /** By service, in the program's order. */
  readonly shapes: readonly Shape[];
  readonly waits: Float64Array;
}

interface Move {
  readonly shape: Shape;
  readonly wait: number;
  /** Saving per cost of the wait that it uses up at the multipliers' price. */
  readonly worth: number;
}

/**
 * Shapes for a continuous plan. Every service first gets the cheapest shape that waits no longer than it does in the
 * plan, so every chain that the plan serves is served. What rounding up has left over is then given back, one step of
 * the grid at a time, always where a step saves most for the slack that it takes (priced by the multipliers).
 */
export function shapeServices(compiled: Compiled, planned: Float64Array, prices: Float64Array): Shaped {
  const waits = planned.slice();
  const shapes = compiled.services.map((service, s) => {
    const shape = firstShape(service, compiled.demand[s]!, planned[s]!);
    if (isFree(compiled, s)) waits[s] = waitOfShape(service, compiled.demand[s]!, shape.instances, shape.cpu);
    return shape;
  });
  shave(compiled, shapes, waits, prices);
  return { shapes, waits };
}

/** Whether there is anything to decide: demand that the upper bound carries, and no fixed shape. */
function isFree(compiled: Compiled, s: number): boolean {
  return compiled.program.services.waitLower[s]! > 0;
}

function firstShape(service: PlanningService, demand: number, wait: number): Shape {
  if (service.fixed !== undefined) return service.fixed;
  if (demand > 0 && isOverloaded(service, demand)) return largestShape(service);
  return cheapestShape(service, demand, wait) ?? largestShape(service);
}

function shave(compiled: Compiled, shapes: Shape[], waits: Float64Array, prices: Float64Array): void {
  const through = chainsOfServices(compiled.program);
  const heap = new MaxHeap();
  const push = (s: number): void => {
    const move = bestMove(compiled, through, shapes, waits, prices, s);
    if (move !== undefined) heap.push(s, move.worth);
  };
  for (let s = 0; s < shapes.length; s++) if (isFree(compiled, s)) push(s);
  for (let s = heap.pop(); s !== undefined; s = heap.pop()) {
    const move = bestMove(compiled, through, shapes, waits, prices, s);
    if (move === undefined) continue;
    if (move.worth < heap.topKey) heap.push(s, move.worth);
    else {
      shapes[s] = move.shape;
      waits[s] = move.wait;
      push(s);
    }
  }
}

/** The step to a cheaper shape that is worth most among those that all chains can bear. */
function bestMove(
  compiled: Compiled,
  through: ChainsOfService,
  shapes: readonly Shape[],
  waits: Float64Array,
  prices: Float64Array,
  s: number,
): Move | undefined {
  const service = compiled.services[s]!;
  const cost = costOfShape(service, shapes[s]!);
  const limit = longestWait(compiled, through, waits, s);
  let best: Move | undefined;
  for (let instances = service.minInstances; instances <= service.maxInstances; instances++) {
    const cpu = nextCheaperCpu(service, instances, cost);
    if (cpu === undefined) continue;
    const wait = waitOfShape(service, compiled.demand[s]!, instances, cpu);
    if (wait > limit) continue;
    const shape = { instances, cpu };
    const worth = (cost - costOfShape(service, shape)) / (prices[s]! * Math.max(0, wait - waits[s]!));
    if (best === undefined || worth > best.worth) best = { shape, wait, worth };
  }
  return best;
}

/** The longest wait of service s that no chain suffers from. */
function longestWait(compiled: Compiled, through: ChainsOfService, waits: Float64Array, s: number): number {
  let limit = compiled.program.services.waitLower[s]!;
  for (let at = through.start[s]!; at < through.start[s + 1]!; at++) {
    const room = roomInChain(compiled.program.chains, waits, through.chain[at]!, s);
    limit = Math.min(limit, waits[s]! + room);
  }
  return limit;
}
