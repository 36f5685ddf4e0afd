import type { PlanningService } from '../../models/plans.ts';
import { costPerInstance, leastCpuOf, usableCores } from './service-columns.ts';
import { capacityForWait } from './wait-curve.ts';

export interface Shape {
  readonly instances: number;
  /** Cores of one instance: a multiple of the quantum, or the least or largest cpu. */
  readonly cpu: number;
}

/** The shapes that a service can have, with what decides on their cost and their wait. */
export interface ShapeGrid {
  readonly fewest: number;
  readonly most: number;
  readonly quantum: number;
  /** Least cpu of an instance, cores, and the largest of which it can use more than of the next smaller one. */
  readonly leastCpu: number;
  readonly mostCpu: number;
  readonly parallelism: number;
  readonly pricePerCore: number;
  readonly pricePerInstance: number;
  readonly demand: number;
  /** No shape has less capacity, usable cores. */
  readonly leastCapacity: number;
  /** k − 1, η, and demand^k. */
  readonly power: number;
  readonly verticalExponent: number;
  readonly scale: number;
}

/** Rounding errors that count as nothing. */
const SLACK = 1e-10;

export function shapeGrid(service: PlanningService, demand: number, leastCapacity: number): ShapeGrid {
  const grid = {
    fewest: service.minInstances,
    most: service.maxInstances,
    quantum: service.quantum,
    leastCpu: leastCpuOf(service),
    mostCpu: service.maxCpu,
    parallelism: service.parallelism,
    pricePerCore: service.pricePerCore,
    pricePerInstance: costPerInstance(service),
    demand,
    leastCapacity: leastCapacity * (1 - SLACK),
    power: service.exponent - 1,
    verticalExponent: service.verticalExponent,
    scale: demand ** service.exponent,
  };
  return { ...grid, mostCpu: quantizeUp(grid, usableCores(service)) };
}

export function costOn(grid: ShapeGrid, instances: number, cpu: number): number {
  return instances * (grid.pricePerCore * cpu + grid.pricePerInstance);
}

/** ρ^k/(u^η(1−ρ)); 0 without demand, Infinity when the shape has less than the least capacity. */
export function waitOn(grid: ShapeGrid, instances: number, cpu: number): number {
  const { demand, power, verticalExponent } = grid;
  const usable = Math.min(cpu, grid.parallelism);
  const capacity = instances * usable;
  if (capacity < grid.leastCapacity) return Number.POSITIVE_INFINITY;
  if (demand <= 0) return 0;
  if (capacity <= demand) return Number.POSITIVE_INFINITY;
  let wait = grid.scale / (capacity - demand);
  if (power !== 0) wait *= capacity ** -power;
  if (verticalExponent !== 0) wait *= usable ** -verticalExponent;
  return wait;
}

/** The cheapest shape that waits at most `limit`, the fewest instances first; undefined when none does. */
export function cheapestShape(grid: ShapeGrid, limit: number): Shape | undefined {
  let best: Shape | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (let instances = grid.fewest; instances <= grid.most; instances++) {
    const cpu = best === undefined ? grid.mostCpu : nextCheaperCpu(grid, instances, bestCost);
    if (cpu === undefined || !(waitOn(grid, instances, cpu) <= limit * (1 + SLACK))) continue;
    best = { instances, cpu: leastCpuFor(grid, instances, cpu, limit) };
    bestCost = costOn(grid, instances, best.cpu);
  }
  return best;
}

/** With every bound at its largest; the least cpu that an instance can use up. */
export function largestShape(grid: ShapeGrid): Shape {
  return { instances: grid.most, cpu: grid.mostCpu };
}

/** For a number of instances, the largest cpu of which the shape costs less than `cost`; undefined when none does. */
export function nextCheaperCpu(grid: ShapeGrid, instances: number, cost: number): number | undefined {
  const { pricePerCore, leastCpu, mostCpu } = grid;
  const left = (cost * (1 - SLACK)) / instances - grid.pricePerInstance;
  if (leastCpu * pricePerCore >= left) return undefined;
  if (mostCpu * pricePerCore < left) return mostCpu;
  return Math.max(leastCpu, multiple(grid, Math.ceil(left / pricePerCore / grid.quantum) - 1));
}

/** The least cpu that is at least `cores`, the largest when there is none. */
export function cpuAtLeast(grid: ShapeGrid, cores: number): number {
  return Math.min(quantizeUp(grid, cores), grid.mostCpu);
}

/** The largest cpu that is at most `cores`; undefined when there is none. */
export function cpuAtMost(grid: ShapeGrid, cores: number): number | undefined {
  const most = cores * (1 + SLACK);
  if (grid.leastCpu > most) return undefined;
  if (grid.mostCpu <= most) return grid.mostCpu;
  return Math.max(grid.leastCpu, multiple(grid, Math.floor(most / grid.quantum + SLACK)));
}

/** The next step of the grid; undefined at its end. */
export function nextCpuAbove(grid: ShapeGrid, cpu: number): number | undefined {
  if (cpu >= grid.mostCpu) return undefined;
  return Math.min(grid.mostCpu, multiple(grid, Math.floor(cpu / grid.quantum + SLACK) + 1));
}

export function nextCpuBelow(grid: ShapeGrid, cpu: number): number | undefined {
  if (cpu <= grid.leastCpu) return undefined;
  return Math.max(grid.leastCpu, multiple(grid, Math.ceil(cpu / grid.quantum - SLACK) - 1));
}

/** The least cpu with which that many instances wait at most `limit`, where `enough` is one that does. */
function leastCpuFor(grid: ShapeGrid, instances: number, enough: number, limit: number): number {
  const { demand, power, verticalExponent: eta, scale } = grid;
  if (demand <= 0 && grid.leastCapacity <= 0) return grid.leastCpu;
  const most = instances * Math.min(enough, grid.parallelism);
  const capacity =
    demand > 0
      ? capacityForWait(limit, demand, scale * instances ** eta, power + eta, grid.leastCapacity, most)
      : grid.leastCapacity;
  const cpu = Math.min(enough, quantizeUp(grid, capacity / instances));
  return waitOn(grid, instances, cpu) <= limit * (1 + SLACK) ? cpu : (nextCpuAbove(grid, cpu) ?? enough);
}

function quantizeUp(grid: Pick<ShapeGrid, 'leastCpu' | 'mostCpu' | 'quantum'>, cpu: number): number {
  if (cpu <= grid.leastCpu * (1 + SLACK)) return grid.leastCpu;
  const rounded = multiple(grid, Math.ceil(cpu / grid.quantum - SLACK));
  return Math.min(Math.max(rounded, grid.leastCpu), grid.mostCpu);
}

/** units · quantum as the nearest decimal of nine places, without the noise of binary fractions. */
function multiple({ quantum }: Pick<ShapeGrid, 'quantum'>, units: number): number {
  return Math.round(units * quantum * 1e9) / 1e9;
}
