import { MaxHeap } from './max-heap.ts';
import { costOn, nextCheaperCpu, type Shape, type ShapeGrid, waitOn } from './shape-grid.ts';
import { isFree, type Shaping } from './shaping.ts';

interface Move {
  readonly shape: Shape;
  readonly wait: number;
  /** Saving per cost of the wait that it uses up at the multipliers' price. */
  readonly worth: number;
}

/**
 * Gives back what rounding up has left over, one step of the grid at a time, always where a step saves most for the slack
 * that it takes (priced by the multipliers).
 */
export function shave(shaping: Shaping): void {
  const { compiled, grids, shapes, waits, room, weights } = shaping;
  const heap = new MaxHeap();
  const moves = new Array<Move | undefined>(shapes.length);
  const consider = (s: number): void => {
    const move = bestMove(grids[s]!, shapes[s]!, waits[s]!, room.longestWait(s), weights[s]!);
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
  grid: ShapeGrid,
  { instances: number, cpu: cores }: Shape,
  present: number,
  limit: number,
  price: number,
): Move | undefined {
  const cost = costOn(grid, number, cores);
  let best: Move | undefined;
  for (let instances = grid.fewest; instances <= grid.most; instances++) {
    if (grid.pricePerCore * grid.demand + instances * grid.pricePerInstance >= cost) break;
    const cpu = nextCheaperCpu(grid, instances, cost);
    if (cpu === undefined) continue;
    const wait = waitOn(grid, instances, cpu);
    if (wait > limit) continue;
    const worth = (cost - costOn(grid, instances, cpu)) / (price * Math.max(0, wait - present));
    if (best === undefined || worth > best.worth) best = { shape: { instances, cpu }, wait, worth };
  }
  return best;
}
