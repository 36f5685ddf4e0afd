import {
  costOn,
  cpuAtLeast,
  nextCpuAbove,
  nextCpuBelow,
  type Shape,
  type ShapeGrid,
  waitOn,
} from './shape-grid.ts';

/** A shape with what it costs, how long it waits, and cost + W·wait: what it costs at the multipliers' price of waiting. */
export interface Candidate extends Shape {
  readonly cost: number;
  readonly wait: number;
  readonly priced: number;
}

/** Steps that a search may still take, so that its end depends on the problem alone and never on the clock. */
export interface Budget {
  left: number;
}

type NextCpu = (grid: ShapeGrid, cpu: number) => number | undefined;
const BOTH_WAYS: readonly NextCpu[] = [nextCpuBelow, nextCpuAbove];

export function candidate(grid: ShapeGrid, weight: number, instances: number, cpu: number): Candidate {
  const cost = costOn(grid, instances, cpu);
  const wait = waitOn(grid, instances, cpu);
  return { instances, cpu, cost, wait, priced: weight === 0 ? cost : cost + weight * wait };
}

/**
 * For each number of instances the shape of the least priced cost among those that wait at most `limit`. Priced cost is
 * convex in cpu, so it is found by walking downhill from the capacity `near`.
 */
export function bottoms(
  grid: ShapeGrid,
  weight: number,
  limit: number,
  near: number,
  budget: Budget,
): Candidate[] {
  const found: Candidate[] = [];
  for (let instances = grid.fewest; instances <= grid.most; instances++) {
    const start = candidate(grid, weight, instances, cpuAtLeast(grid, near / instances));
    const allowed = start.wait <= limit ? start : quicker(grid, weight, limit, start, budget);
    if (allowed !== undefined) found.push(downhill(grid, weight, limit, allowed, budget));
  }
  return found;
}

/** The next larger cpu that waits at most `limit`. */
function quicker(
  grid: ShapeGrid,
  weight: number,
  limit: number,
  { instances, cpu: from }: Candidate,
  budget: Budget,
): Candidate | undefined {
  for (let cpu = nextCpuAbove(grid, from); cpu !== undefined; cpu = nextCpuAbove(grid, cpu)) {
    budget.left--;
    const other = candidate(grid, weight, instances, cpu);
    if (other.wait <= limit) return other;
  }
  return undefined;
}

function downhill(
  grid: ShapeGrid,
  weight: number,
  limit: number,
  from: Candidate,
  budget: Budget,
): Candidate {
  let best = from;
  for (const next of BOTH_WAYS) {
    for (let cpu = next(grid, best.cpu); cpu !== undefined; cpu = next(grid, cpu)) {
      budget.left--;
      const other = candidate(grid, weight, from.instances, cpu);
      if (other.wait > limit || other.priced >= best.priced) break;
      best = other;
    }
  }
  return best;
}

/**
 * The undominated shapes whose priced cost is at most `most` and that wait at most `limit`, by rising cost and falling
 * wait: around the bottoms both ways until one is dearer.
 */
export function candidatesBelow(
  grid: ShapeGrid,
  weight: number,
  limit: number,
  starts: readonly Candidate[],
  most: number,
  budget: Budget,
): Candidate[] {
  const found: Candidate[] = [];
  for (const start of starts) {
    if (start.priced > most) continue;
    found.push(start);
    for (const next of BOTH_WAYS) {
      for (let cpu = next(grid, start.cpu); cpu !== undefined; cpu = next(grid, cpu)) {
        budget.left--;
        const other = candidate(grid, weight, start.instances, cpu);
        if (other.wait > limit || other.priced > most) break;
        found.push(other);
      }
    }
  }
  return undominated(found);
}

function undominated(candidates: Candidate[]): Candidate[] {
  candidates.sort((one, other) => one.cost - other.cost || one.wait - other.wait);
  let least = Number.POSITIVE_INFINITY;
  return candidates.filter(({ wait }) => {
    const isBetter = wait < least;
    if (isBetter) least = wait;
    return isBetter;
  });
}
