import type { Caps, PlanningProblem } from '../../models/plans.ts';
import { fits, total, type Use, useOfCapacity } from './cap-use.ts';
import { type Compiled, compileProgram } from './compile-program.ts';
import { type Optimum, solveProgram } from './dual-ascent.ts';
import { allocateMultipliers, type Multipliers } from './multipliers.ts';
import { capacityOfWait } from './response.ts';
import { type Scarcity, scarcelyPriced } from './scarce-prices.ts';
import type { Structure } from './structure.ts';

/** How near to a cap the search for its price comes, as a share of it, and how long it may take. */
const NEAR = 2e-4;
const MOST_TRIALS = 24;
/** The price of violation falls by this factor at first, until the rest fits. */
const STRIDE = 8;
const LEAST_PRICE = 1e-12;

/** A continuous plan that keeps the caps. */
export interface ScarceOptimum {
  readonly compiled: Compiled;
  readonly optimum: Optimum;
  readonly capacities: Float64Array;
  readonly use: Use;
  readonly scarcity: Scarcity;
  /** Cores that one unit of weighted violation is worth: Infinity when no chain has to be given up. */
  readonly coresPerViolation: number;
}

/**
 * The least violation Σ priority·(latency − SLO)+/SLO with what the caps allow. The Lagrangian of that is the same
 * program with services priced by what they take of the caps and with the multiplier of each chain at most
 * t·priority/SLO, t being the cores that a unit of violation is worth; use grows with t, so t is found by bisection.
 * Prices and ceilings alone change, and every trial starts from the multipliers of the last one.
 */
export function solveScarce(
  problem: PlanningProblem,
  caps: Caps,
  scarcity: Scarcity,
  corePrice: number,
  structure: Structure,
): ScarceOptimum {
  const compiled = compileProgram(scarcelyPriced(problem, scarcity, corePrice), 1, structure);
  const multipliers = allocateMultipliers(compiled.program);
  const at = (coresPerViolation: number) => solveAt(compiled, multipliers, scarcity, coresPerViolation);
  const free = at(Number.POSITIVE_INFINITY);
  if (fits(free.use, caps)) return free;
  let high = dearest(compiled, multipliers);
  const least = high * LEAST_PRICE;
  let low = high / STRIDE;
  let best = at(low);
  while (!fits(best.use, caps) && low > least) {
    high = low;
    low /= STRIDE;
    best = at(low);
  }
  for (let trial = 0; trial < MOST_TRIALS && !isNear(best.use, caps); trial++) {
    const middle = Math.sqrt(low * high);
    const found = at(middle);
    if (fits(found.use, caps)) {
      best = found;
      low = middle;
    } else high = middle;
  }
  return best;
}

function solveAt(
  compiled: Compiled,
  multipliers: Multipliers,
  scarcity: Scarcity,
  coresPerViolation: number,
): ScarceOptimum {
  const { program, chains } = compiled;
  for (let c = 0; c < chains.length; c++) {
    program.chains.ceiling[c] = (coresPerViolation * chains[c]!.priority) / chains[c]!.sloSeconds;
  }
  const optimum = solveProgram(program, multipliers);
  const capacities = new Float64Array(program.services.count);
  for (let s = 0; s < capacities.length; s++) {
    capacities[s] = capacityOfWait(program.services, s, optimum.waits[s]!);
  }
  return { compiled, optimum, capacities, use: useOf(compiled, capacities), scarcity, coresPerViolation };
}

export function useOf({ services }: Compiled, capacities: Float64Array): Use {
  return total(services.map((service, s) => useOfCapacity(service, capacities[s]!)));
}

/** Cores per violation from which on no chain is given up. */
function dearest({ chains }: Compiled, { chain }: Multipliers): number {
  return chains.reduce(
    (most, { sloSeconds, priority }, c) => Math.max(most, (chain[c]! * sloSeconds) / priority),
    0,
  );
}

function isNear({ cpu, memory }: Use, caps: Caps): boolean {
  if (!fits({ cpu, memory }, caps)) return false;
  return (
    cpu >= (caps.cpu ?? Number.POSITIVE_INFINITY) * (1 - NEAR) ||
    memory >= (caps.memory ?? Number.POSITIVE_INFINITY) * (1 - NEAR)
  );
}
