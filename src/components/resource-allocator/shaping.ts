import type { Compiled } from './compile-program.ts';
import type { Multipliers } from './multipliers.ts';
import type { Room } from './room.ts';
import type { Shape, ShapeGrid } from './shape-grid.ts';

/** The shapes of a plan while they are being improved; every chain that the plan serves is served at all times. */
export interface Shaping {
  readonly compiled: Compiled;
  readonly grids: readonly ShapeGrid[];
  readonly shapes: Shape[];
  readonly waits: Float64Array;
  readonly room: Room;
  /** Prices of the continuous optimum: of the chains' time, and W of each service's wait. */
  readonly multipliers: Multipliers;
  readonly weights: Float64Array;
  /** Capacities of the continuous optimum, cores. */
  readonly capacities: Float64Array;
}

/** Whether there is anything to decide: demand that the upper bound carries, and no fixed shape. */
export function isFree({ program }: Compiled, s: number): boolean {
  return program.services.waitLower[s]! > 0;
}
