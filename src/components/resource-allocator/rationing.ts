import type { Caps } from '../../models/plans.ts';
import { fits, type Use, useOfShape } from './cap-use.ts';
import type { Compiled } from './compile-program.ts';
import type { Room } from './room.ts';
import type { Scarcity } from './scarce-prices.ts';
import {
  cpuAtLeast,
  cpuAtMost,
  nextCpuAbove,
  nextCpuBelow,
  type Shape,
  type ShapeGrid,
  waitOn,
} from './shape-grid.ts';

/** What being over the target but within the SLO counts: less than any violation, but something. */
const MARGIN = 0.01;
/** What waiting counts at the multipliers' price: where two branches are slow, a step that helps one alone is a step. */
const TIE = 1e-4;
/** An overloaded service waits this long in comparisons. */
export const OVERLOADED = 1e7;

/** Shapes under caps while they are being improved. */
export interface Rationing {
  readonly compiled: Compiled;
  readonly caps: Caps;
  readonly scarcity: Scarcity;
  readonly grids: readonly ShapeGrid[];
  readonly shapes: Shape[];
  readonly waits: Float64Array;
  readonly room: Room;
  /** What is left of the SLO for waiting by chain, s, and priority/SLO. */
  readonly limits: Float64Array;
  readonly worth: Float64Array;
  /** Price of each service's wait, as a share of what all waiting costs. */
  readonly weights: Float64Array;
  use: Use;
}

/** A change of one service's shape. */
export interface Step {
  readonly s: number;
  readonly shape: Shape;
  readonly wait: number;
  /** What the service takes more. */
  readonly more: Use;
  /** By how much the weighted violation falls. */
  readonly gain: number;
}

export function waitOfRation(grid: ShapeGrid, { instances, cpu }: Shape): number {
  return Math.min(OVERLOADED, waitOn(grid, instances, cpu));
}

/**
 * Shapes with no fewer cores that are quicker: for each number of instances the next one, and those 1, 3, 7, … quanta
 * beyond it as long as `reach` lasts.
 */
export function stepsUp(rationing: Rationing, s: number, reach = 1): readonly Step[] {
  const { grids, shapes, waits } = rationing;
  const grid = grids[s]!;
  const cores = shapes[s]!.instances * shapes[s]!.cpu;
  const steps: Step[] = [];
  for (let instances = grid.fewest; instances <= grid.most; instances++) {
    let cpu: number | undefined = cpuAtLeast(grid, cores / instances);
    while (cpu !== undefined && waitOfRation(grid, { instances, cpu }) >= waits[s]!) {
      cpu = nextCpuAbove(grid, cpu);
    }
    for (let i = 0, stride = 1; i < reach && cpu !== undefined; i++, stride *= 2) {
      steps.push(stepTo(rationing, s, { instances, cpu }));
      cpu = cpu >= grid.mostCpu ? undefined : cpuAtLeast(grid, cpu + stride * grid.quantum);
    }
  }
  return steps;
}

/** Shapes with fewer cores, in the same way. */
export function stepsDown(rationing: Rationing, s: number, reach = 1): readonly Step[] {
  const { grids, shapes } = rationing;
  const grid = grids[s]!;
  const cores = shapes[s]!.instances * shapes[s]!.cpu;
  const steps: Step[] = [];
  for (let instances = grid.fewest; instances <= grid.most; instances++) {
    let cpu: number | undefined = cpuAtLeast(grid, cores / instances);
    while (cpu !== undefined && instances * cpu >= cores * (1 - 1e-9)) cpu = nextCpuBelow(grid, cpu);
    for (let i = 0, stride = 1; i < reach && cpu !== undefined; i++, stride *= 2) {
      steps.push(stepTo(rationing, s, { instances, cpu }));
      cpu =
        cpu <= grid.leastCpu ? undefined : (cpuAtMost(grid, cpu - stride * grid.quantum) ?? grid.leastCpu);
    }
  }
  return steps;
}

function stepTo(rationing: Rationing, s: number, shape: Shape): Step {
  const { compiled, grids, shapes, room, waits, weights } = rationing;
  const wait = waitOfRation(grids[s]!, shape);
  const before = waits[s]!;
  const penalty = penaltyThrough(rationing, s);
  room.setWait(s, wait);
  const gain = penalty - penaltyThrough(rationing, s) + TIE * weights[s]! * (before - wait);
  room.setWait(s, before);
  const service = compiled.services[s]!;
  const [now, then] = [useOfShape(service, shapes[s]!), useOfShape(service, shape)];
  return { s, shape, wait, more: { cpu: then.cpu - now.cpu, memory: then.memory - now.memory }, gain };
}

/** Weighted violation of the chains through service s. */
function penaltyThrough({ compiled, room, limits, worth }: Rationing, s: number): number {
  const { budget } = compiled.program.chains;
  let penalty = 0;
  for (const c of room.chainsOf(s)) {
    const time = room.timeOf(c);
    const over = Math.max(0, time - limits[c]!) + MARGIN * Math.max(0, time - budget[c]!);
    penalty += worth[c]! * over;
  }
  return penalty;
}

/** Whether a chain through service s is over its target. */
export function isWanting({ compiled, room }: Rationing, s: number): boolean {
  const { budget } = compiled.program.chains;
  return room.chainsOf(s).some((c) => room.timeOf(c) > budget[c]! * (1 + 1e-9));
}

export function canTake({ caps, use }: Rationing, ...steps: readonly Step[]): boolean {
  const cpu = steps.reduce((sum, { more }) => sum + more.cpu, use.cpu);
  const memory = steps.reduce((sum, { more }) => sum + more.memory, use.memory);
  return fits({ cpu, memory }, caps);
}

export function take(rationing: Rationing, { s, shape, wait, more }: Step): void {
  const { shapes, room, use } = rationing;
  shapes[s] = shape;
  room.setWait(s, wait);
  rationing.use = { cpu: use.cpu + more.cpu, memory: use.memory + more.memory };
}

/** What a step takes of what is scarce, in cores. */
export function scarceMore({ scarcity }: Rationing, { more }: Step): number {
  return scarcity.cpu * more.cpu + scarcity.memory * more.memory;
}
