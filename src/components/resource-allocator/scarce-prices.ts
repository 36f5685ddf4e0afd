import type { PlanningProblem, PlanningService } from '../../models/plans.ts';
import type { Use } from './cap-use.ts';
import { costPerInstance } from './service-columns.ts';

/** Share of the true price in a price of what is scarce: it breaks ties. */
const TRUE_PRICE = 1e-3;

/** What a core and a MiB of what is scarce count against each other. */
export interface Scarcity {
  readonly cpu: number;
  readonly memory: number;
}

/** The problem with its services priced by what they take of the caps, in units of a core. */
export function scarcelyPriced(
  problem: PlanningProblem,
  scarcity: Scarcity,
  corePrice: number,
): PlanningProblem {
  const tie = TRUE_PRICE / corePrice;
  const services = problem.services.map(
    (service): PlanningService => ({
      ...service,
      pricePerCore: scarcity.cpu + tie * service.pricePerCore,
      pricePerMebibyte: 0,
      instanceCost: scarcity.memory * service.memory + tie * costPerInstance(service),
    }),
  );
  return { ...problem, services };
}

/** What a core costs on the average with all that belongs to it. */
export function corePriceOf(cost: number, { cpu }: Use): number {
  return cost > 0 && cpu > 0 ? cost / cpu : 1;
}
