import type { Caps } from '../../models/plans.ts';
import { fits, total, useOfShape } from './cap-use.ts';
import { type Compiled, isFeasible } from './compile-program.ts';
import { MaxHeap } from './max-heap.ts';
import {
  canTake,
  isWanting,
  OVERLOADED,
  type Rationing,
  type Step,
  scarceMore,
  stepsDown,
  stepsUp,
  take,
  waitOfRation,
} from './rationing.ts';
import { Room } from './room.ts';
import type { Scarcity } from './scarce-prices.ts';
import { capacityOf } from './service-columns.ts';
import type { Budget } from './shape-candidates.ts';
import { cpuAtMost, type Shape, type ShapeGrid, shapeGrid } from './shape-grid.ts';
import type { Shaped } from './shapes.ts';
import { isFree } from './shaping.ts';

/** Less than this is nothing: cores, and weighted violation. */
const LEAST_USE = 1e-9;
const LEAST_GAIN = 1e-12;

/** Pairs of shapes that the exchange looks at. */
const EXCHANGES = 50_000;
/** Shapes for each number of instances that it looks at. */
const REACH = 5;

/**
 * Shapes that keep the caps. Each service first gets the quickest shape that takes no more than it does in the
 * continuous plan, which fits; then whatever lowers the weighted violation most for what it takes is enlarged while it
 * fits; then pairs are exchanged, one up and another down, and what is left goes to those that cannot carry their load.
 */
export function rationShapes(
  compiled: Compiled,
  caps: Caps,
  scarcity: Scarcity,
  capacities: Float64Array,
  weights: Float64Array,
  starved: readonly string[],
): Shaped {
  const rationing = startOf(compiled, caps, scarcity, capacities, weights);
  enlarge(rationing);
  exchange(rationing);
  giveTheRest(
    rationing,
    [...starved].reverse().map((id) => compiled.numbers.get(id)!),
  );
  const waits = rationing.waits.map((wait) => (wait < OVERLOADED ? wait : Number.POSITIVE_INFINITY));
  return { shapes: rationing.shapes, waits };
}

function startOf(
  compiled: Compiled,
  caps: Caps,
  scarcity: Scarcity,
  capacities: Float64Array,
  weights: Float64Array,
): Rationing {
  const { services, demand, program, chains } = compiled;
  const grids = services.map((service, s) => shapeGrid(service, demand[s]!, 0));
  const counts = caps.memory !== undefined;
  const shapes = grids.map((grid, s) => services[s]!.fixed ?? quickestWithin(grid, capacities[s]!, counts));
  const waits = Float64Array.from(shapes, (shape, s) =>
    isFree(compiled, s) ? waitOfRation(grids[s]!, shape) : program.services.waitLower[s]!,
  );
  const limits = limitsOf(compiled);
  const worth = Float64Array.from(chains, ({ priority, sloSeconds }) => priority / sloSeconds);
  const whole = weights.reduce((sum, weight, s) => sum + weight * Math.min(1, waits[s]!), 0);
  return {
    compiled,
    caps,
    scarcity,
    grids,
    shapes,
    waits,
    room: new Room(program, waits),
    limits,
    worth,
    weights: weights.map((weight) => (whole > 0 ? weight / whole : 0)),
    use: total(services.map((service, s) => useOfShape(service, shapes[s]!))),
  };
}

/** What the SLO leaves for waiting by chain, s; for an infeasible one what it is planned with. */
export function limitsOf({ chains, achievable, serialFloor, program }: Compiled): Float64Array {
  return Float64Array.from(chains, ({ sloSeconds }, c) =>
    isFeasible(sloSeconds, achievable[c]!) ? sloSeconds - serialFloor[c]! : program.chains.budget[c]!,
  );
}

/** The quickest shape of at most that many usable cores, and of no more instances than they need where these count. */
function quickestWithin(grid: ShapeGrid, capacity: number, instancesCount: boolean): Shape {
  const usable = Math.min(grid.mostCpu, grid.parallelism);
  const idle = Math.max(1, grid.leastCpu / grid.parallelism);
  const most = instancesCount ? Math.max(grid.fewest, Math.floor(capacity / usable)) : grid.most;
  let best: Shape = { instances: grid.fewest, cpu: grid.leastCpu };
  let wait = waitOfRation(grid, best);
  for (let instances = grid.fewest; instances <= most; instances++) {
    const cpu = cpuAtMost(grid, (capacity * idle) / instances);
    if (cpu === undefined) break;
    const own = waitOfRation(grid, { instances, cpu });
    if (own >= wait) continue;
    best = { instances, cpu };
    wait = own;
  }
  return best;
}

/** Takes the step that lowers the violation most for what it takes, as long as one does and fits. */
function enlarge(rationing: Rationing): void {
  const heap = new MaxHeap();
  const consider = (s: number): void => {
    const step = bestStep(rationing, s);
    if (step !== undefined) heap.push(s, rateOf(rationing, step));
  };
  for (let s = 0; s < rationing.shapes.length; s++) if (isFree(rationing.compiled, s)) consider(s);
  for (let s = heap.pop(); s !== undefined; s = heap.pop()) {
    const step = bestStep(rationing, s);
    if (step === undefined) continue;
    if (rateOf(rationing, step) >= heap.topKey) take(rationing, step);
    consider(s);
  }
}

function bestStep(rationing: Rationing, s: number): Step | undefined {
  if (!isWanting(rationing, s)) return undefined;
  let best: Step | undefined;
  for (const step of stepsUp(rationing, s)) {
    if (step.gain <= 0 || !canTake(rationing, step)) continue;
    if (best === undefined || rateOf(rationing, step) > rateOf(rationing, best)) best = step;
  }
  return best;
}

/** Violation saved for what it takes of what is scarce. */
function rateOf(rationing: Rationing, step: Step): number {
  return step.gain / Math.max(LEAST_USE, scarceMore(rationing, step));
}

/** Makes one service larger and another smaller where the violation falls by it. */
function exchange(rationing: Rationing): void {
  const free = rationing.shapes.flatMap((_, s) => (isFree(rationing.compiled, s) ? [s] : []));
  const budget = { left: EXCHANGES };
  for (let helps = true; helps; enlarge(rationing)) {
    helps = false;
    for (const s of free) {
      if (!isWanting(rationing, s)) continue;
      for (const other of free) {
        if (budget.left <= 0) return;
        if (other !== s && exchangeBetween(rationing, s, other, budget)) helps = true;
      }
    }
  }
}

/** Takes the best pair of steps, s up and `other` down, that fits; returns whether there is one. */
function exchangeBetween(rationing: Rationing, s: number, other: number, budget: Budget): boolean {
  const { room, waits } = rationing;
  const before = waits[s]!;
  let best: readonly [Step, Step] | undefined;
  let most = LEAST_GAIN;
  const ups = stepsUp(rationing, s, REACH);
  for (const up of ups) {
    room.setWait(s, up.wait);
    const downs = stepsDown(rationing, other, REACH);
    budget.left -= downs.length;
    for (const down of downs) {
      if (up.gain + down.gain <= most || !canTake(rationing, up, down)) continue;
      best = [up, down];
      most = up.gain + down.gain;
    }
  }
  room.setWait(s, before);
  if (best === undefined) return false;
  for (const step of best) take(rationing, step);
  return true;
}

/** What is left goes to the services that cannot carry their load: they answer as many requests as they can. */
function giveTheRest(rationing: Rationing, starved: readonly number[]): void {
  for (const s of starved) {
    const { shapes, grids, compiled, caps, use } = rationing;
    const service = compiled.services[s]!;
    const own = useOfShape(service, shapes[s]!);
    const left = (caps.cpu ?? Number.POSITIVE_INFINITY) - use.cpu + own.cpu;
    for (let instances = grids[s]!.fewest; instances <= grids[s]!.most; instances++) {
      const cpu = cpuAtMost(grids[s]!, left / instances);
      if (cpu === undefined) break;
      const shape = { instances, cpu };
      const taken = useOfShape(service, shape);
      const more = { cpu: taken.cpu - own.cpu, memory: taken.memory - own.memory };
      const next = { cpu: use.cpu + more.cpu, memory: use.memory + more.memory };
      if (!fits(next, caps) || capacityOf(service, shape) <= capacityOf(service, shapes[s]!)) continue;
      shapes[s] = shape;
      rationing.use = next;
    }
  }
}
