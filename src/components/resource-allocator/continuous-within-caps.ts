import type { Caps, PlanningProblem } from '../../models/plans.ts';
import { fits, type Use } from './cap-use.ts';
import { chainTime } from './chain-time.ts';
import { type Compiled, compileProgram } from './compile-program.ts';
import { type Optimum, solveProgram } from './dual-ascent.ts';
import type { Draft } from './keep-caps.ts';
import { allocateMultipliers } from './multipliers.ts';
import { capacityOfWait } from './response.ts';
import { type ScarceOptimum, solveScarce, useOf } from './scarce-optimum.ts';
import { corePriceOf, type Scarcity } from './scarce-prices.ts';

/** Halvings of the margin, and of the ratio of the two caps' prices. */
const MARGIN_TRIALS = 7;
const RATIO_TRIALS = 10;
const LARGEST_RATIO = 1e3;
/** A cap of which this share is used is tight. */
const TIGHT = 0.999;

/** A continuous plan within the caps. */
export interface Continuous {
  readonly optimum: Optimum;
  readonly capacities: Float64Array;
  /** What core and MiB count against each other; 0 for a cap that does not bind. */
  readonly scarcity: Scarcity;
  readonly corePrice: number;
  /** Infinity when no SLO is violated. */
  readonly coresPerViolation: number;
  /** Whether SLOs had to be looked at as something that can be violated. */
  readonly isViolated: boolean;
}

/**
 * With as much of the margins as fits, at the true prices; where not even the bare SLOs fit, with the least violation.
 */
export function withinCaps(
  problem: PlanningProblem,
  caps: Caps,
  free: Draft,
  use: Use,
  maxUtilization: number,
): Continuous {
  const corePrice = corePriceOf(free.optimum.cost, use);
  const scarcity = bothScarce(caps, use);
  const kept = { scarcity, corePrice, coresPerViolation: Number.POSITIVE_INFINITY, isViolated: false };
  const within = withLargestMargin(problem, caps, free.compiled, maxUtilization);
  if (within !== undefined) return { ...kept, ...within };
  const least = leastViolation(withoutMargins(unbounded(problem), 0), caps, use, corePrice, free.compiled);
  return { ...least, corePrice, isViolated: true };
}

function bothScarce(caps: Caps, use: Use): Scarcity {
  const over = (kind: keyof Use) => use[kind] > (caps[kind] ?? Number.POSITIVE_INFINITY);
  return { cpu: over('cpu') ? 1 : 0, memory: over('memory') ? coresPerMebibyte(use) : 0 };
}

function coresPerMebibyte({ cpu, memory }: Use): number {
  return memory > 0 ? cpu / memory : 0;
}

/** Undefined when not even the bare SLOs fit. */
function withLargestMargin(
  problem: PlanningProblem,
  caps: Caps,
  { structure }: Compiled,
  maxUtilization: number,
): Pick<Continuous, 'optimum' | 'capacities'> | undefined {
  const at = (share: number) => {
    const compiled = compileProgram(withoutMargins(problem, share), maxUtilization, structure);
    const optimum = solveProgram(compiled.program, allocateMultipliers(compiled.program));
    const { services } = compiled.program;
    const capacities = optimum.waits.map((wait, s) => capacityOfWait(services, s, wait));
    return fits(useOf(compiled, capacities), caps) ? { optimum, capacities } : undefined;
  };
  let best = at(1);
  if (best !== undefined) return best;
  best = at(0);
  if (best === undefined) return undefined;
  let low = 0;
  let high = 1;
  for (let trial = 0; trial < MARGIN_TRIALS; trial++) {
    const middle = (low + high) / 2;
    const found = at(middle);
    if (found === undefined) high = middle;
    else {
      best = found;
      low = middle;
    }
  }
  return best;
}

/** Without what keeps utilisations low for safety: where SLOs are missed, every core counts. */
export function unbounded(problem: PlanningProblem): PlanningProblem {
  const services = problem.services.map(({ maxUtilization: _, ...service }) => service);
  return { ...problem, services };
}

/** The problem with that share of each chain's margin. */
function withoutMargins(problem: PlanningProblem, share: number): PlanningProblem {
  const chains = problem.chains.map((chain) => {
    const target = chain.targetSeconds ?? chain.sloSeconds;
    return { ...chain, targetSeconds: chain.sloSeconds - share * (chain.sloSeconds - target) };
  });
  return { ...problem, chains };
}

/** Prices what binds: cores alone, memory alone, or both, then with the ratio at which both are used up. */
function leastViolation(
  problem: PlanningProblem,
  caps: Caps,
  use: Use,
  corePrice: number,
  { structure }: Compiled,
): ScarceOptimum {
  const solve = (scarcity: Scarcity) => solveScarce(problem, caps, scarcity, corePrice, structure);
  const perMebibyte = coresPerMebibyte(use);
  const cores = caps.cpu === undefined ? undefined : solve({ cpu: 1, memory: 0 });
  if (cores !== undefined && (isFree(cores) || isTight(cores.use.cpu, caps.cpu))) return cores;
  const memory = caps.memory === undefined ? undefined : solve({ cpu: 0, memory: perMebibyte });
  if (memory !== undefined && (isFree(memory) || isTight(memory.use.memory, caps.memory))) return memory;
  if (cores === undefined || memory === undefined) return (cores ?? memory)!;
  let best = violationOf(cores) < violationOf(memory) ? cores : memory;
  let low = 1 / LARGEST_RATIO;
  let high = LARGEST_RATIO;
  for (let trial = 0; trial < RATIO_TRIALS; trial++) {
    const ratio = Math.sqrt(low * high);
    const found = solve({ cpu: 1, memory: ratio * perMebibyte });
    if (violationOf(found) < violationOf(best)) best = found;
    if (isTight(found.use.cpu, caps.cpu)) high = ratio;
    else low = ratio;
  }
  return best;
}

/** Whether no SLO has to be violated. */
function isFree({ coresPerViolation }: ScarceOptimum): boolean {
  return coresPerViolation === Number.POSITIVE_INFINITY;
}

function isTight(use: number, cap: number | undefined): boolean {
  return cap !== undefined && use >= TIGHT * cap;
}

function violationOf({ compiled, optimum }: ScarceOptimum): number {
  const { chains } = compiled.program;
  return compiled.chains.reduce((sum, { priority, sloSeconds }, c) => {
    if (chains.budget[c] === Number.POSITIVE_INFINITY) return sum;
    const over = chainTime(chains, optimum.waits, c) - chains.budget[c]!;
    return sum + (priority * Math.max(0, over)) / sloSeconds;
  }, 0);
}
