import type { PlanningService } from '../../models/plans.ts';
import { costOfShape, costPerInstance, usableCores, waitOfShape } from './service-columns.ts';
import { capacityForWait } from './wait-curve.ts';

export interface Shape {
  readonly instances: number;
  /** Cores of one instance: a multiple of the quantum, or the least or largest cpu. */
  readonly cpu: number;
}

/** Rounding errors that count as nothing. */
const SLACK = 1e-10;

/** The cheapest shape that waits at most `limit`, the fewest instances first; undefined when none does. */
export function cheapestShape(service: PlanningService, demand: number, limit: number): Shape | undefined {
  let best: Shape | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (let instances = service.minInstances; instances <= service.maxInstances; instances++) {
    const cores = Math.max(demand, instances * service.minCpu);
    if (service.pricePerCore * cores + instances * costPerInstance(service) >= bestCost) continue;
    const cpu = leastCpu(service, demand, instances, limit);
    if (cpu === undefined) continue;
    const cost = costOfShape(service, { instances, cpu });
    if (cost >= bestCost * (1 - SLACK)) continue;
    best = { instances, cpu };
    bestCost = cost;
  }
  return best;
}

/** With every bound at its largest; the least cpu that an instance can use up. */
export function largestShape(service: PlanningService): Shape {
  return { instances: service.maxInstances, cpu: quantizeUp(service, usableCores(service)) };
}

/** For a number of instances, the largest cpu of which the shape costs less than `cost`; undefined when none does. */
export function nextCheaperCpu(
  service: PlanningService,
  instances: number,
  cost: number,
): number | undefined {
  const left = (cost * (1 - SLACK)) / instances - costPerInstance(service);
  if (service.minCpu * service.pricePerCore >= left) return undefined;
  if (service.maxCpu * service.pricePerCore < left) return service.maxCpu;
  const units = Math.ceil(left / service.pricePerCore / service.quantum) - 1;
  return Math.max(service.minCpu, multiple(service, units));
}

/** The least cpu of the grid with which that many instances wait at most `limit`. */
function leastCpu(
  service: PlanningService,
  demand: number,
  instances: number,
  limit: number,
): number | undefined {
  const usable = usableCores(service);
  const allowed = limit * (1 + SLACK);
  if (!(waitOfShape(service, demand, instances, usable) <= allowed)) return undefined;
  const { exponent: k, verticalExponent: eta } = service;
  const scale = demand ** k * instances ** eta;
  const least = instances * Math.min(service.minCpu, usable);
  const capacity =
    demand > 0 ? capacityForWait(limit, demand, scale, k - 1 + eta, least, instances * usable) : least;
  const cpu = quantizeUp(service, capacity / instances);
  return waitOfShape(service, demand, instances, cpu) <= allowed
    ? cpu
    : quantizeUp(service, cpu + service.quantum / 2);
}

function quantizeUp(service: PlanningService, cpu: number): number {
  if (cpu <= service.minCpu * (1 + SLACK)) return service.minCpu;
  const rounded = multiple(service, Math.ceil(cpu / service.quantum - SLACK));
  return Math.min(Math.max(rounded, service.minCpu), service.maxCpu);
}

/** units · quantum as the nearest decimal of nine places, without the noise of binary fractions. */
function multiple(service: PlanningService, units: number): number {
  return Math.round(units * service.quantum * 1e9) / 1e9;
}
