import type { Caps, PlannedCap, PlannedCaps, PlanningProblem } from '../../models/plans.ts';
import { fits, leastShapeOf, total, type Use, useOfShape } from './cap-use.ts';
import { chainTime } from './chain-time.ts';
import { type Compiled, compileProgram } from './compile-program.ts';
import { type Continuous, unbounded, withinCaps } from './continuous-within-caps.ts';
import { costOfCapacity } from './cost.ts';
import type { Optimum } from './dual-ascent.ts';
import { limitsOf, rationShapes } from './ration-shapes.ts';
import type { Shaped } from './shapes.ts';
import { type Served, starve } from './starve.ts';

/** A plan as far as it is worked out. */
export interface Draft {
  readonly compiled: Compiled;
  readonly optimum: Optimum;
  /** Continuous, cores. */
  readonly capacities: Float64Array;
  readonly shaped: Shaped;
  readonly caps?: PlannedCaps;
}

/**
 * The draft itself when its shapes keep the caps. Otherwise the plan of least violation within them: margins are given up
 * first, then SLOs where a core saves least violation, weighted by priority. A cap that even the least shapes are over
 * is kept as near as they can; what it leaves of the other is not given up for it.
 */
export function keepCaps(problem: PlanningProblem, limits: Caps, free: Draft, maxUtilization: number): Draft {
  const use = useOfShapes(free.compiled, free.shaped);
  if (fits(use, limits)) return { ...free, caps: report(free, limits, use, undefined, []) };
  const caps = withinReach(limits, leastUse(free.compiled));
  const served = starve(problem, free.compiled, caps);
  const continuous = withinCaps(served.problem, caps, free, use, maxUtilization);
  const compiled = baseOf(free, served, continuous, maxUtilization);
  const { capacities, optimum, scarcity } = continuous;
  const shaped = rationShapes(compiled, caps, scarcity, capacities, optimum.weights, served.starved);
  const draft = { compiled, capacities, shaped, optimum: certified(compiled, continuous) };
  return { ...draft, caps: report(draft, limits, use, continuous, served.starved) };
}

function withinReach({ cpu, memory }: Caps, least: Use): Caps {
  return {
    ...(cpu !== undefined && { cpu: Math.max(cpu, least.cpu) }),
    ...(memory !== undefined && { memory: Math.max(memory, least.memory) }),
  };
}

function leastUse({ services }: Compiled): Use {
  return total(services.map((service) => useOfShape(service, leastShapeOf(service))));
}

/** Rows and columns that the plan is told by: the SLOs and the prices are the true ones. */
function baseOf(free: Draft, served: Served, { isViolated }: Continuous, maxUtilization: number): Compiled {
  if (served.starved.length === 0 && !isViolated) return free.compiled;
  const { structure } = free.compiled;
  return isViolated
    ? compileProgram(unbounded(served.problem), 1, structure)
    : compileProgram(served.problem, maxUtilization, structure);
}

/** The gap of a plan of least violation is that of its own program, as a share. */
function certified(
  { program }: Compiled,
  { optimum, capacities, corePrice, isViolated }: Continuous,
): Optimum {
  if (!isViolated) return optimum;
  let cost = 0;
  for (let s = 0; s < capacities.length; s++) cost += costOfCapacity(program.services, s, capacities[s]!);
  const share = optimum.cost > 0 ? optimum.lowerBound / optimum.cost : 1;
  const multipliers = {
    chain: optimum.multipliers.chain.map((mu) => mu * corePrice),
    branch: optimum.multipliers.branch.map((mu) => mu * corePrice),
  };
  return { ...optimum, multipliers, cost, lowerBound: share * cost };
}

function report(
  draft: Omit<Draft, 'caps'>,
  caps: Caps,
  wanted: Use,
  continuous: Continuous | undefined,
  starved: readonly string[],
): PlannedCaps {
  const { compiled, shaped } = draft;
  const used = useOfShapes(compiled, shaped);
  const overloaded = compiled.services.flatMap(({ id }, s) =>
    shaped.waits[s] === Number.POSITIVE_INFINITY && !starved.includes(id) ? [id] : [],
  );
  const least = leastUse(compiled);
  const capOf = (kind: keyof Use): { readonly [key: string]: PlannedCap } => {
    const limit = caps[kind];
    if (limit === undefined) return {};
    const price = continuous === undefined ? 0 : continuous.scarcity[kind] / continuous.coresPerViolation;
    const binds = continuous !== undefined && continuous.scarcity[kind] > 0;
    return {
      [kind]: {
        limit,
        used: used[kind],
        wanted: wanted[kind],
        least: least[kind],
        binds,
        shadowPrice: price,
      },
    };
  };
  return {
    ...capOf('cpu'),
    ...capOf('memory'),
    violation: violationOf(compiled, shaped),
    starved: [...starved, ...overloaded],
  };
}

/** Of the chains that are served at all. */
function violationOf(compiled: Compiled, { waits }: Shaped): number {
  const limits = limitsOf(compiled);
  return compiled.chains.reduce((sum, { priority, sloSeconds }, c) => {
    if (limits[c] === Number.POSITIVE_INFINITY) return sum;
    const over = chainTime(compiled.program.chains, waits, c) - limits[c]!;
    return over === Number.POSITIVE_INFINITY ? sum : sum + (priority * Math.max(0, over)) / sloSeconds;
  }, 0);
}

function useOfShapes({ services }: Compiled, { shapes }: Shaped): Use {
  return total(services.map((service, s) => useOfShape(service, shapes[s]!)));
}
