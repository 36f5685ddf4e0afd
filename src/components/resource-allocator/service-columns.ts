import type { PlanningService } from '../../models/plans.ts';
import type { ServiceColumns } from './program.ts';
import { waitAt, waitSlopeAt } from './wait-curve.ts';

/** Nothing is planned closer to its demand than this: the curve has no value at ρ = 1. */
const LEAST_SPARE = 1e-6;

/** U: usable cores of the largest instance. */
export function usableCores(service: PlanningService): number {
  return Math.min(service.maxCpu, service.parallelism);
}

/** Cost of one more instance without its cores. */
export function costPerInstance(service: PlanningService): number {
  return service.instanceCost + service.pricePerMebibyte * service.memory;
}

/** Price of a usable core: where even the least cpu is more than one instance can use, the idle part is paid too. */
export function pricePerUsableCore(service: PlanningService): number {
  return service.pricePerCore * Math.max(1, service.minCpu / service.parallelism);
}

/** Cost of a continuous capacity: price·C + cost per instance·max(n_min, C/U). */
export function continuousCost(service: PlanningService, capacity: number): number {
  const instances = Math.max(service.minInstances, capacity / usableCores(service));
  return pricePerUsableCore(service) * capacity + costPerInstance(service) * instances;
}

/** Cost of a shape. */
export function costOfShape(
  service: PlanningService,
  shape: { readonly cpu: number; readonly instances: number },
): number {
  return shape.instances * (service.pricePerCore * shape.cpu + costPerInstance(service));
}

/** Usable cores of a shape. */
export function capacityOf(
  service: PlanningService,
  shape: { readonly cpu: number; readonly instances: number },
): number {
  return shape.instances * Math.min(shape.cpu, service.parallelism);
}

/** ρ^k/(u^η(1−ρ)) of a shape, with what one instance can use of its cpu; 0 without demand, Infinity when overloaded. */
export function waitOfShape(
  service: PlanningService,
  demand: number,
  instances: number,
  cpu: number,
): number {
  if (demand <= 0) return 0;
  const usable = Math.min(cpu, service.parallelism);
  const capacity = instances * usable;
  if (service.exponent === 1 && service.verticalExponent === 0) return waitAt(capacity, demand, demand, 0);
  const scale = demand ** service.exponent * usable ** -service.verticalExponent;
  return waitAt(capacity, demand, scale, service.exponent - 1);
}

export function allocateColumns(count: number): ServiceColumns {
  const column = () => new Float64Array(count);
  return {
    count,
    demand: column(),
    lower: column(),
    middle: column(),
    upper: column(),
    costLower: column(),
    waitLower: column(),
    waitMiddle: column(),
    waitUpper: column(),
    scaleBelow: column(),
    powerBelow: column(),
    priceBelow: column(),
    scaleAbove: column(),
    powerAbove: column(),
    priceAbove: column(),
    leaveLower: column().fill(Number.POSITIVE_INFINITY),
    reachMiddle: column().fill(Number.POSITIVE_INFINITY),
    leaveMiddle: column().fill(Number.POSITIVE_INFINITY),
    reachUpper: column().fill(Number.POSITIVE_INFINITY),
  };
}

/** Fills the entries of service i. A service without demand, or overloaded at its upper bound, has one capacity. */
export function fillService(
  columns: ServiceColumns,
  i: number,
  service: PlanningService,
  demand: number,
  maxUtilization: number,
): void {
  const usable = usableCores(service);
  const upper = usable * service.maxInstances;
  const least = Math.min(service.minCpu, service.parallelism) * service.minInstances;
  columns.demand[i] = demand;
  const lower = Math.min(Math.max(least, demand * (1 + LEAST_SPARE), demand / maxUtilization), upper);
  if (service.fixed !== undefined) setConstant(columns, i, service, capacityOf(service, service.fixed));
  else if (isOverloaded(service, demand)) setConstant(columns, i, service, upper);
  else {
    setConstant(columns, i, service, lower);
    if (demand > 0) fillCurve(columns, i, service, lower, upper);
  }
}

/** Even the upper bound does not carry the demand. */
export function isOverloaded(service: PlanningService, demand: number): boolean {
  return demand * (1 + LEAST_SPARE) > usableCores(service) * service.maxInstances;
}

function setConstant(columns: ServiceColumns, i: number, service: PlanningService, capacity: number): void {
  columns.costLower[i] =
    service.fixed === undefined ? continuousCost(service, capacity) : costOfShape(service, service.fixed);
  columns.lower[i] = capacity;
  columns.middle[i] = capacity;
  columns.upper[i] = capacity;
}

function fillCurve(
  columns: ServiceColumns,
  i: number,
  service: PlanningService,
  lower: number,
  upper: number,
): void {
  const { exponent: k, verticalExponent: eta, minInstances } = service;
  const demand = columns.demand[i]!;
  const usable = usableCores(service);
  const middle = Math.min(Math.max(usable * minInstances, lower), upper);
  const below = { scale: demand ** k * minInstances ** eta, power: k - 1 + eta };
  const above = { scale: demand ** k * usable ** -eta, power: k - 1 };
  const priceBelow = pricePerUsableCore(service);
  const priceAbove = priceBelow + costPerInstance(service) / usable;
  columns.middle[i] = middle;
  columns.upper[i] = upper;
  columns.scaleBelow[i] = below.scale;
  columns.powerBelow[i] = below.power;
  columns.priceBelow[i] = priceBelow;
  columns.scaleAbove[i] = above.scale;
  columns.powerAbove[i] = above.power;
  columns.priceAbove[i] = priceAbove;
  const atMiddle = middle > usable * minInstances ? above : below;
  columns.waitLower[i] =
    lower < middle
      ? waitAt(lower, demand, below.scale, below.power)
      : waitAt(lower, demand, atMiddle.scale, atMiddle.power);
  columns.waitMiddle[i] = waitAt(middle, demand, atMiddle.scale, atMiddle.power);
  columns.waitUpper[i] =
    upper > middle ? waitAt(upper, demand, above.scale, above.power) : columns.waitMiddle[i]!;
  const weightAt = (capacity: number, price: number, piece: typeof below) =>
    price / waitSlopeAt(capacity, demand, piece.scale, piece.power);
  const onlyAbove = lower === middle;
  const onlyBelow = upper === middle;
  columns.reachMiddle[i] = onlyAbove
    ? weightAt(middle, priceAbove, above)
    : weightAt(middle, priceBelow, below);
  columns.leaveLower[i] = onlyAbove ? columns.reachMiddle[i]! : weightAt(lower, priceBelow, below);
  columns.leaveMiddle[i] = onlyBelow
    ? Number.POSITIVE_INFINITY
    : Math.max(columns.reachMiddle[i]!, weightAt(middle, priceAbove, above));
  columns.reachUpper[i] = onlyBelow ? Number.POSITIVE_INFINITY : weightAt(upper, priceAbove, above);
}
