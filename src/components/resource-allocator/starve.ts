import type { Caps, PlanningProblem, PlanningService } from '../../models/plans.ts';
import { fits, leastShapeOf, total, type Use, useOfCapacity, useOfShape } from './cap-use.ts';
import type { Compiled } from './compile-program.ts';
import { isOverloaded, leastCapacityFor } from './service-columns.ts';

export interface Served {
  readonly problem: PlanningProblem;
  /** Ids of the services that got their least shape. */
  readonly starved: readonly string[];
}

interface Claim {
  readonly service: PlanningService;
  readonly rank: number;
  /** With what the load needs at the very least, and without. */
  readonly loaded: Use;
  readonly least: Use;
}

/**
 * Where the caps cannot carry the load of all, some services get their least shape and their chains are given up: first those
 * that no capacity helps, then those of the chains of least priority, until the others' load fits.
 */
export function starve(problem: PlanningProblem, compiled: Compiled, caps: Caps): Served {
  const claims = claimsOf(compiled);
  const starved = new Set<string>();
  let use = total(claims.map(({ loaded }) => loaded));
  for (const { service, loaded, least, rank } of claims) {
    const isLost = rank === LOST;
    if (!isLost && fits(use, caps)) break;
    if (service.fixed !== undefined || (!isLost && !relieves(use, caps, loaded, least))) continue;
    starved.add(service.id);
    use = { cpu: use.cpu - loaded.cpu + least.cpu, memory: use.memory - loaded.memory + least.memory };
  }
  if (starved.size === 0) return { problem, starved: [] };
  const services = problem.services.map((service) =>
    starved.has(service.id)
      ? { ...service, fixed: { ...leastShapeOf(service), memory: service.memory } }
      : service,
  );
  return { problem: { ...problem, services }, starved: [...starved] };
}

/** Whether the least shape leaves more of what there is too little of. */
function relieves(use: Use, caps: Caps, loaded: Use, least: Use): boolean {
  const isLess = (kind: keyof Use) => least[kind] < loaded[kind] && use[kind] > (caps[kind] ?? use[kind]);
  return isLess('cpu') || isLess('memory');
}

const LOST = Number.NEGATIVE_INFINITY;

/** In the order in which services are starved: least priority first, the largest claim first among equals. */
function claimsOf({ services, demand, chains }: Compiled): readonly Claim[] {
  const ranks = new Map<string, number>();
  for (const { priority, stages } of chains) {
    for (const { service } of stages.flat(2)) {
      ranks.set(service, Math.max(priority, ranks.get(service) ?? 0));
    }
  }
  const claims = services.map((service, s): Claim => {
    const isLost = service.fixed === undefined && isOverloaded(service, demand[s]!);
    const least = useOfShape(service, leastShapeOf(service));
    const loaded = isLost ? least : useOfCapacity(service, leastCapacityFor(service, demand[s]!));
    return { service, rank: isLost ? LOST : (ranks.get(service.id) ?? 0), loaded, least };
  });
  return claims.sort((a, b) => a.rank - b.rank || b.loaded.cpu - a.loaded.cpu);
}
