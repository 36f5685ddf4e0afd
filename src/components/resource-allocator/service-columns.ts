import type { PlanningService } from '../../models/plans.ts';
import type { ServiceColumns } from './program.ts';
import { waitAt, waitSlopeAt } from './wait-curve.ts';

/** Nothing is planned closer to its demand than this: the curve has no value at ρ = 1. */
const LEAST_SPARE = 1e-6;

/** U: usable cores of the largest instance. */
export function usableCores(service: PlanningService): number {
  return Math.min(service.maxCpu, service.parallelism);
}

/**
 * Least cores of an instance: min_cpu, or what a visit needs to get through one CFS period (`leastCpu`), in whole quanta
 * and at most max_cpu. It is a bound of the continuous plan as of the shapes, so that shapes can do what the plan does and
 * the lower bound holds for all that may be chosen.
 */
export function leastCpuOf({ leastCpu = 0, minCpu, maxCpu, quantum }: PlanningService): number {
  if (!(leastCpu > minCpu)) return minCpu;
  const whole = Math.round(Math.ceil(leastCpu / quantum - 1e-10) * quantum * 1e9) / 1e9;
  return Math.min(maxCpu, Math.max(minCpu, whole));
}

/** Cost of one more instance without its cores. */
export function costPerInstance(service: PlanningService): number {
  return service.instanceCost + service.pricePerMebibyte * service.memory;
}

/** Price of a usable core: where even the least cpu is more than one instance can use, the idle part is paid too. */
export function pricePerUsableCore(service: PlanningService): number {
  return service.pricePerCore * Math.max(1, leastCpuOf(service) / service.parallelism);
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
  return {
    count,
    demand: new Float64Array(count),
    lower: new Float64Array(count),
    middle: new Float64Array(count),
    upper: new Float64Array(count),
    costLower: new Float64Array(count),
    waitLower: new Float64Array(count),
    waitMiddle: new Float64Array(count),
    waitUpper: new Float64Array(count),
    scaleBelow: new Float64Array(count),
    powerBelow: new Float64Array(count),
    priceBelow: new Float64Array(count),
    scaleAbove: new Float64Array(count),
    powerAbove: new Float64Array(count),
    priceAbove: new Float64Array(count),
    leaveLower: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
    reachMiddle: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
    leaveMiddle: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
    reachUpper: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
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
  const least = Math.min(leastCpuOf(service), service.parallelism) * service.minInstances;
  columns.demand[i] = demand;
  const needed = Math.max(demand * (1 + LEAST_SPARE), demand / maxUtilization);
  const lower = Math.min(Math.max(least, needed, demand > 0 ? freeCapacity(service) : 0), upper);
  if (service.fixed !== undefined) setConstant(columns, i, service, capacityOf(service, service.fixed));
  else if (isOverloaded(service, demand)) setConstant(columns, i, service, upper);
  else {
    setConstant(columns, i, service, lower);
    if (demand > 0) fillCurve(columns, i, service, lower, upper);
  }
}

/** What costs nothing is taken: without it the best capacity would not be one but many. */
function freeCapacity(service: PlanningService): number {
  if (service.pricePerCore > 0) return 0;
  const instances = costPerInstance(service) > 0 ? service.minInstances : service.maxInstances;
  return instances * usableCores(service);
}

/** The least usable cores that carry the demand. */
export function leastCapacityFor(service: PlanningService, demand: number): number {
  const least = Math.min(leastCpuOf(service), service.parallelism) * service.minInstances;
  return Math.max(least, demand * (1 + LEAST_SPARE));
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
  const kink = usable * minInstances;
  const middle = Math.min(Math.max(kink, lower), upper);
  const load = power(demand, k);
  columns.middle[i] = middle;
  columns.upper[i] = upper;
  columns.scaleBelow[i] = load * power(minInstances, eta);
  columns.powerBelow[i] = k - 1 + eta;
  columns.priceBelow[i] = pricePerUsableCore(service);
  columns.scaleAbove[i] = load * power(usable, -eta);
  columns.powerAbove[i] = k - 1;
  columns.priceAbove[i] = columns.priceBelow[i]! + costPerInstance(service) / usable;
  columns.waitLower[i] = lower <= kink ? waitBelow(columns, i, lower) : waitAbove(columns, i, lower);
  columns.waitMiddle[i] = middle <= kink ? waitBelow(columns, i, middle) : waitAbove(columns, i, middle);
  columns.waitUpper[i] = upper <= kink ? waitBelow(columns, i, upper) : waitAbove(columns, i, upper);
  if (lower < middle) {
    columns.leaveLower[i] = weightBelow(columns, i, lower);
    columns.reachMiddle[i] = weightBelow(columns, i, middle);
  } else {
    columns.reachMiddle[i] = weightAbove(columns, i, middle);
    columns.leaveLower[i] = columns.reachMiddle[i]!;
  }
  if (upper === middle) return;
  columns.leaveMiddle[i] = Math.max(columns.reachMiddle[i]!, weightAbove(columns, i, middle));
  columns.reachUpper[i] = weightAbove(columns, i, upper);
}

/** base^exponent; most exponents are 0 or 1. */
function power(base: number, exponent: number): number {
  if (exponent === 0) return 1;
  return exponent === 1 ? base : base ** exponent;
}

function waitBelow(columns: ServiceColumns, i: number, capacity: number): number {
  return waitAt(capacity, columns.demand[i]!, columns.scaleBelow[i]!, columns.powerBelow[i]!);
}

function waitAbove(columns: ServiceColumns, i: number, capacity: number): number {
  return waitAt(capacity, columns.demand[i]!, columns.scaleAbove[i]!, columns.powerAbove[i]!);
}

/** W at which the capacity is the best one on its side of the kink: price / −h′. */
function weightBelow(columns: ServiceColumns, i: number, capacity: number): number {
  const { demand, powerBelow, priceBelow, scaleBelow } = columns;
  return priceBelow[i]! / waitSlopeAt(capacity, demand[i]!, scaleBelow[i]!, powerBelow[i]!);
}

function weightAbove(columns: ServiceColumns, i: number, capacity: number): number {
  const { demand, powerAbove, priceAbove, scaleAbove } = columns;
  return priceAbove[i]! / waitSlopeAt(capacity, demand[i]!, scaleAbove[i]!, powerAbove[i]!);
}
