import type { PlanningService } from '../../models/plans.ts';
import type { Compiled } from './compile-program.ts';
import { MaxHeap } from './max-heap.ts';
import { Room } from './room.ts';
import { costOfShape, costPerInstance, isOverloaded, waitOfShape } from './service-columns.ts';
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
  const room = new Room(compiled.program, waits);
  const heap = new MaxHeap();
  const moves = new Array<Move | undefined>(shapes.length);
  const consider = (s: number): void => {
    const move = bestMove(compiled, s, shapes[s]!, waits[s]!, room.longestWait(s), prices[s]!);
    moves[s] = move;
    if (move !== undefined) heap.push(s, move.worth);
  };
  for (let s = 0; s < shapes.length; s++) if (isFree(compiled, s)) consider(s);
  for (let s = heap.pop(); s !== undefined; s = heap.pop()) {
    const move = moves[s]!;
    if (move.wait <= room.longestWait(s)) {
      shapes[s] = move.shape;
      room.setWait(s, move.wait);
    }
    consider(s);
  }
}

/** The step to a cheaper shape that is worth most among those that wait at most `limit`. */
function bestMove(
  compiled: Compiled,
  s: number,
  shape: Shape,
  present: number,
  limit: number,
  price: number,
): Move | undefined {
  const service = compiled.services[s]!;
  const demand = compiled.demand[s]!;
  const cost = costOfShape(service, shape);
  let best: Move | undefined;
  for (let instances = service.minInstances; instances <= service.maxInstances; instances++) {
    if (service.pricePerCore * demand + instances * costPerInstance(service) >= cost) break;
    const cpu = nextCheaperCpu(service, instances, cost);
    if (cpu === undefined) continue;
    const wait = waitOfShape(service, demand, instances, cpu);
    if (wait > limit) continue;
    const next = { instances, cpu };
    const worth = (cost - costOfShape(service, next)) / (price * Math.max(0, wait - present));
    if (best === undefined || worth > best.worth) best = { shape: next, wait, worth };
  }
  return best;
}
