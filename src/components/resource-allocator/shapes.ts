import type { Compiled } from './compile-program.ts';
import type { Optimum } from './dual-ascent.ts';
import { polish } from './polish.ts';
import { Room } from './room.ts';
import { isOverloaded } from './service-columns.ts';
import { cheapestShape, largestShape, type Shape, type ShapeGrid, shapeGrid, waitOn } from './shape-grid.ts';
import { isFree } from './shaping.ts';
import { shave } from './shave.ts';

export interface Shaped {
  /** By service, in the program's order. */
  readonly shapes: readonly Shape[];
  readonly waits: Float64Array;
}

/**
 * Shapes for a continuous plan. Every service first gets the cheapest shape that waits no longer than it does in the
 * plan, so every chain that the plan serves is served. What rounding up has left over is then given back one step at a
 * time, and in the end services are reshaped together, a few at a time, as long as something is saved.
 */
export function shapeServices(compiled: Compiled, optimum: Optimum, capacities: Float64Array): Shaped {
  const waits = optimum.waits.slice();
  const { lower } = compiled.program.services;
  const grids = compiled.services.map((service, s) => shapeGrid(service, compiled.demand[s]!, lower[s]!));
  const shapes = grids.map((grid, s) => {
    const shape = firstShape(compiled, s, grid, waits[s]!);
    if (isFree(compiled, s)) waits[s] = waitOn(grid, shape.instances, shape.cpu);
    return shape;
  });
  const { multipliers, weights } = optimum;
  const room = new Room(compiled.program, waits);
  const shaping = { compiled, grids, shapes, waits, room, multipliers, weights, capacities };
  shave(shaping);
  polish(shaping);
  return { shapes, waits };
}

function firstShape({ services, demand }: Compiled, s: number, grid: ShapeGrid, wait: number): Shape {
  const service = services[s]!;
  if (service.fixed !== undefined) return service.fixed;
  if (demand[s]! > 0 && isOverloaded(service, demand[s]!)) return largestShape(grid);
  return cheapestShape(grid, wait) ?? largestShape(grid);
}
