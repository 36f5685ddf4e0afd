/**
 * Judges what `bench:allocator --problem` prints from the file and the line alone, by the formulas of the interface
 * (docs/allocation.md, "Problem files") and with none of the solver's code.
 */
export interface FileService {
  readonly id: string;
  readonly price: number;
  readonly instance_cost: number;
  readonly min_cpu: number;
  readonly max_cpu: number;
  readonly min_instances: number;
  readonly max_instances: number;
  readonly quantum: number;
  readonly exponent: number;
  readonly vertical_exponent: number;
}

export interface FileVisit {
  readonly service: string;
  readonly visits: number;
  readonly demand: number;
  readonly floor: number;
  readonly queueing: number;
}

export interface FileChain {
  readonly id: string;
  readonly slo: number;
  readonly rate: number;
  readonly composition: number;
  readonly stages: readonly (readonly (readonly FileVisit[])[])[];
}

export interface ProblemFile {
  readonly services: readonly FileService[];
  readonly chains: readonly FileChain[];
}

export interface Answer {
  readonly capacities: Readonly<Record<string, number>>;
  readonly multipliers: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly cost: number;
  readonly lower_bound: number;
  readonly gap: number;
  readonly shapes: Readonly<Record<string, { readonly instances: number; readonly cpu: number }>>;
  readonly shape_cost: number;
  readonly infeasible: Readonly<Record<string, number | null>>;
  readonly solve_ms: number;
}

export interface Verdict {
  /** Cost of the capacities and of the shapes by their formulas. */
  readonly cost: number;
  readonly shapeCost: number;
  /** What the multipliers alone certify. */
  readonly certified: number;
  /** Largest latency over bound − 1, of the continuous plan and of the shapes. */
  readonly worstLatency: number;
  readonly worstShapeLatency: number;
  /** Largest share by which a capacity leaves its bounds. */
  readonly worstBound: number;
  /** Latency at all upper bounds of the chains that cannot have their SLO; null if infinite. */
  readonly infeasible: Readonly<Record<string, number | null>>;
}

export function judge(problem: ProblemFile, answer: Answer): Verdict {
  const load = new Map(problem.services.map(({ id }) => [id, 0]));
  for (const chain of problem.chains) {
    for (const visit of chain.stages.flat(2)) {
      load.set(visit.service, load.get(visit.service)! + chain.rate * visit.visits * visit.demand);
    }
  }
  const services = new Map(problem.services.map((service) => [service.id, service]));
  const waitAt = (id: string, capacity: number, cpu: number) =>
    wait(services.get(id)!, load.get(id)!, capacity, cpu);
  const planned = (id: string) =>
    waitAt(id, answer.capacities[id]!, continuousCpu(services.get(id)!, answer.capacities[id]!));
  const shaped = (id: string) => {
    const { cpu, instances } = answer.shapes[id]!;
    return waitAt(id, instances * cpu, cpu);
  };
  const largest = (id: string) => {
    const { max_cpu, max_instances } = services.get(id)!;
    return waitAt(id, max_cpu * max_instances, max_cpu);
  };
  const best = problem.chains.map((chain) => latency(chain, largest));
  const bounds = problem.chains.map(({ slo }, c) => (best[c]! <= slo ? slo : 1.05 * best[c]!));
  const worst = (waits: (id: string) => number) =>
    Math.max(
      -1,
      ...problem.chains.map((chain, c) =>
        bounds[c] === Number.POSITIVE_INFINITY ? -1 : latency(chain, waits) / bounds[c]! - 1,
      ),
    );
  return {
    cost: problem.services.reduce((sum, s) => sum + continuousCost(s, answer.capacities[s.id]!), 0),
    shapeCost: problem.services.reduce((sum, s) => {
      const { cpu, instances } = answer.shapes[s.id]!;
      return sum + s.price * instances * cpu + s.instance_cost * instances;
    }, 0),
    certified: weakDuality(problem, answer, load, bounds),
    worstLatency: worst(planned),
    worstShapeLatency: worst(shaped),
    worstBound: Math.max(
      ...problem.services.map((s) => {
        const capacity = answer.capacities[s.id]!;
        return Math.max(
          1 - capacity / (s.min_cpu * s.min_instances),
          capacity / (s.max_cpu * s.max_instances) - 1,
        );
      }),
    ),
    infeasible: Object.fromEntries(
      problem.chains.flatMap(({ id, slo }, c) =>
        best[c]! <= slo ? [] : [[id, Number.isFinite(best[c]!) ? best[c]! : null]],
      ),
    ),
  };
}

/** ρ^k/(u^η·(1−ρ)). */
function wait(service: FileService, load: number, capacity: number, cpu: number): number {
  if (load === 0) return 0;
  const rho = load / capacity;
  return rho >= 1
    ? Number.POSITIVE_INFINITY
    : rho ** service.exponent / (cpu ** service.vertical_exponent * (1 - rho));
}

function continuousCpu(service: FileService, capacity: number): number {
  return Math.min(service.max_cpu, capacity / service.min_instances);
}

function continuousCost(service: FileService, capacity: number): number {
  const instances = Math.max(service.min_instances, capacity / service.max_cpu);
  return service.price * capacity + service.instance_cost * instances;
}

function latency(chain: FileChain, waits: (id: string) => number): number {
  const stages = chain.stages.map((stage) =>
    Math.max(...stage.map((branch) => branch.reduce((sum, visit) => sum + timeOf(visit, waits), 0))),
  );
  return chain.composition * stages.reduce((sum, time) => sum + time, 0);
}

function timeOf(visit: FileVisit, waits: (id: string) => number): number {
  if (visit.visits === 0) return 0;
  const waiting = waits(visit.service);
  return waiting === Number.POSITIVE_INFINITY
    ? waiting
    : visit.visits * (visit.floor + visit.queueing * waiting);
}

/** g(μ) = Σ_s min_C (cost(C) + W·h(C)) + Σ_c Σ_branches μ·γ·floors − Σ_c μ_c·R. */
function weakDuality(
  problem: ProblemFile,
  answer: Answer,
  load: ReadonlyMap<string, number>,
  bounds: readonly number[],
): number {
  const weights = new Map(problem.services.map(({ id }) => [id, 0]));
  let value = 0;
  for (const [c, chain] of problem.chains.entries()) {
    const tree = answer.multipliers[chain.id]!;
    // Any split of a stage certifies when no stage has more than μ; take the largest sum as μ.
    const mu = Math.max(...tree.map((stage) => stage.reduce((sum, part) => sum + part, 0)));
    if (mu > 0) value -= mu * bounds[c]!;
    for (const [i, stage] of chain.stages.entries()) {
      for (const [b, branch] of stage.entries()) {
        for (const visit of branch) {
          const part = tree[i]![b]! * chain.composition * visit.visits;
          value += part * visit.floor;
          weights.set(visit.service, weights.get(visit.service)! + part * visit.queueing);
        }
      }
    }
  }
  for (const s of problem.services) value += cheapest(s, load.get(s.id)!, weights.get(s.id)!);
  return value;
}

/** A convex function of one variable, by trisection over the logarithm of what is above the load. */
function cheapest(service: FileService, load: number, weight: number): number {
  const least = service.min_cpu * service.min_instances;
  const most = service.max_cpu * service.max_instances;
  if (load >= most) return continuousCost(service, most);
  const at = (capacity: number) =>
    continuousCost(service, capacity) +
    (weight === 0 ? 0 : weight * wait(service, load, capacity, continuousCpu(service, capacity)));
  if (weight === 0) return at(Math.max(least, load));
  let low = Math.log(Math.max(least - load, most * 1e-15));
  let high = Math.log(most - load);
  for (let step = 0; step < 150; step++) {
    const third = (high - low) / 3;
    if (at(load + Math.exp(low + third)) < at(load + Math.exp(high - third))) high -= third;
    else low += third;
  }
  return Math.min(at(load + Math.exp(low)), at(most), load < least ? at(least) : Number.POSITIVE_INFINITY);
}
