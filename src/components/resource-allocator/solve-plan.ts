import type { Plan, PlannedChain, PlannedService, PlanningProblem } from '../../models/plans.ts';
import { BindingServices } from './binding.ts';
import { boundPricesOf } from './bound-prices.ts';
import { chainTime } from './chain-time.ts';
import { type Compiled, compileProgram, isFeasible } from './compile-program.ts';
import { corePriceIn } from './core-price.ts';
import { costOfCapacity } from './cost.ts';
import { type Optimum, solveProgram } from './dual-ascent.ts';
import { type Draft, keepCaps } from './keep-caps.ts';
import { capacityOfWait } from './response.ts';
import { capacityOf, costOfShape } from './service-columns.ts';
import { type Shaped, shapeServices } from './shapes.ts';
import { WarmStart } from './warm-start.ts';

export interface SolveOptions {
  /** Bound on ρ in the plan, in (0, 1]. Default 1: the bare model. */
  readonly maxUtilization?: number;
  /** Multipliers of an earlier plan; taken as the start and replaced by this plan's. */
  readonly warmStart?: WarmStart;
}

export interface Solved {
  readonly plan: Plan;
  readonly compiled: Compiled;
  readonly optimum: Optimum;
}

/**
 * Solves the program of DESIGN section 3: the cheapest capacity that keeps every chain's SLO, with its certificate,
 * and shapes for it. Never throws for a problem whose ids are known and unique and whose figures are finite and in
 * their ranges; the answer is finite but for the latency of chains that no capacity can serve.
 */
export function solvePlan(problem: PlanningProblem, options: SolveOptions = {}): Solved {
  const started = performance.now();
  const warmStart = options.warmStart ?? new WarmStart();
  const compiled = compileProgram(problem, options.maxUtilization ?? 1, warmStart.structure);
  const optimum = solveProgram(compiled.program, warmStart.start(compiled));
  warmStart.keep(compiled, optimum.multipliers);
  const capacities = capacitiesOf(compiled, optimum);
  const free = { compiled, optimum, capacities, shaped: shapeServices(compiled, optimum, capacities) };
  const draft =
    problem.caps === undefined ? free : keepCaps(problem, problem.caps, free, options.maxUtilization ?? 1);
  return planOf(draft, started);
}

function planOf(draft: Draft, started: number): Solved {
  const { compiled, optimum, capacities, shaped, caps } = draft;
  const binding = new BindingServices(compiled, shaped.waits);
  const services: PlannedService[] = [];
  for (const s of compiled.structure.servicePlace)
    services.push({ ...planService(compiled, shaped, capacities, s), ...savings(draft, s) });
  const chains: PlannedChain[] = [];
  for (const c of compiled.structure.chainPlace)
    chains.push(planChain(compiled, optimum, shaped, binding, c));
  const costs = totals(compiled, optimum, shaped, capacities);
  const solveMs = performance.now() - started;
  const figures = { ...costs, iterations: optimum.sweeps, solveMs, ...(caps !== undefined && { caps }) };
  return { compiled, optimum, plan: { services, chains, ...figures } };
}

function capacitiesOf({ program: { services } }: Compiled, { waits }: Optimum): Float64Array {
  const capacities = new Float64Array(services.count);
  for (let s = 0; s < services.count; s++) capacities[s] = capacityOfWait(services, s, waits[s]!);
  return capacities;
}

function planService(
  compiled: Compiled,
  shaped: Shaped,
  capacities: Float64Array,
  s: number,
): PlannedService {
  const service = compiled.services[s]!;
  const shape = shaped.shapes[s]!;
  const demandCores = compiled.demand[s]!;
  return {
    id: service.id,
    cpu: shape.cpu,
    memory: service.fixed?.memory ?? service.memory,
    instances: shape.instances,
    capacityCores: capacities[s]!,
    demandCores,
    utilization: demandCores === 0 ? 0 : demandCores / capacityOf(service, shape),
  };
}

/** Under a cap that binds it is the cap that costs, and bounds have no price of their own. */
function savings(
  { compiled, optimum, capacities, caps }: Draft,
  s: number,
): Pick<PlannedService, 'maxCpuSaves' | 'maxInstancesSaves'> {
  if (caps?.cpu?.binds || caps?.memory?.binds) return {};
  const { perCore, perInstance } = boundPricesOf(compiled, s, optimum.weights[s]!, capacities[s]!);
  return {
    ...(perCore > 0 && { maxCpuSaves: perCore }),
    ...(perInstance > 0 && { maxInstancesSaves: perInstance }),
  };
}

function planChain(
  compiled: Compiled,
  optimum: Optimum,
  shaped: Shaped,
  binding: BindingServices,
  c: number,
): PlannedChain {
  const chain = compiled.chains[c]!;
  const achievableLatency = compiled.achievable[c]!;
  const shadowPrice = optimum.multipliers.chain[c]!;
  return {
    id: chain.id,
    sloSeconds: chain.sloSeconds,
    expectedLatency: compiled.serialFloor[c]! + chainTime(compiled.program.chains, shaped.waits, c),
    feasible: isFeasible(chain.sloSeconds, achievableLatency),
    achievableLatency,
    binding: shadowPrice > 0 ? binding.of(c) : [],
    shadowPrice,
    ...(shadowPrice > 0 && { coresPer10Ms: (0.01 * shadowPrice) / corePriceIn(compiled, shaped.waits, c) }),
  };
}

function totals(compiled: Compiled, optimum: Optimum, shaped: Shaped, capacities: Float64Array) {
  let cost = 0;
  let continuousCost = 0;
  for (let s = 0; s < capacities.length; s++) {
    cost += costOfShape(compiled.services[s]!, shaped.shapes[s]!);
    continuousCost += costOfCapacity(compiled.program.services, s, capacities[s]!);
  }
  const excess = Math.max(0, optimum.cost - optimum.lowerBound);
  const gap = continuousCost > 0 ? excess / continuousCost : 0;
  return { cost, continuousCost, lowerBound: continuousCost - excess, gap };
}
