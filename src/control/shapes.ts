import type { ResourceAllocation, ServiceSpec } from '../models/data-models.ts';

/** Tolerance when capacities are compared, cores. */
const EPSILON = 1e-9;

/** C = n·min(u, m), cores. */
export function capacityCores(spec: ServiceSpec, { cpu, instances }: ResourceAllocation): number {
  return instances * Math.min(cpu, spec.parallelism);
}

/** Negative when `left` has less capacity, 0 when the two are equal. */
export function compareCapacity(
  spec: ServiceSpec,
  left: ResourceAllocation,
  right: ResourceAllocation,
): number {
  const difference = capacityCores(spec, left) - capacityCores(spec, right);
  return Math.abs(difference) < EPSILON ? 0 : difference;
}

/** The least allocation of at least `cores`, with no fewer than `instances` instances, within the bounds. */
export function shapeFor(
  spec: ServiceSpec,
  cores: number,
  instances: number,
  quantum: number,
): Pick<ResourceAllocation, 'cpu' | 'instances'> {
  const usable = Math.min(spec.maxCpu, spec.parallelism);
  const least = Math.ceil(cores / usable - EPSILON);
  const count = Math.min(spec.maxInstances, Math.max(spec.minInstances, instances, least));
  const steps = Math.ceil(cores / count / quantum - EPSILON);
  // Multiples of 0.05 are not exact in binary; nine decimals are far below any quantum.
  const cpu = Math.round(steps * quantum * 1e9) / 1e9;
  return { cpu: Math.min(spec.maxCpu, Math.max(spec.minCpu, cpu)), instances: count };
}

/** The nearest allocation within the bounds of the service. */
export function withinBounds(spec: ServiceSpec, allocation: ResourceAllocation): ResourceAllocation {
  const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
  return {
    cpu: clamp(allocation.cpu, spec.minCpu, spec.maxCpu),
    memory: clamp(allocation.memory, spec.minMemory, spec.maxMemory),
    instances: clamp(allocation.instances, spec.minInstances, spec.maxInstances),
  };
}

/** `allocation`, but with no less capacity and memory than `floor`, and in its shape where capacity is the same. */
export function noLessThan(
  spec: ServiceSpec,
  allocation: ResourceAllocation,
  floor: ResourceAllocation,
): ResourceAllocation {
  const shape = compareCapacity(spec, allocation, floor) <= 0 ? floor : allocation;
  return { cpu: shape.cpu, instances: shape.instances, memory: Math.max(allocation.memory, floor.memory) };
}

/** Whether `to` takes capacity or memory away from `from`, or puts the same capacity into fewer instances. */
export function takesAway(spec: ServiceSpec, from: ResourceAllocation, to: ResourceAllocation): boolean {
  const change = compareCapacity(spec, to, from);
  return change < 0 || to.memory < from.memory || (change === 0 && to.instances < from.instances);
}

export function sameAllocation(left: ResourceAllocation, right: ResourceAllocation): boolean {
  return left.cpu === right.cpu && left.memory === right.memory && left.instances === right.instances;
}

/**
 * The allocation of the largest capacity that takes at most `most` cores and MiB in all, between two others: no more cpu,
 * memory and instances than in the larger of each. The first, with the memory of the other if
 * that fits, where there is no larger one.
 */
export function shapeWithin(
  spec: ServiceSpec,
  most: { readonly cpu: number; readonly memory: number },
  from: ResourceAllocation,
  to: ResourceAllocation,
  quantum: number,
): ResourceAllocation {
  const holds = from.instances * to.memory <= most.memory * (1 + EPSILON);
  let best = holds ? { ...from, memory: to.memory } : from;
  for (let instances = spec.minInstances; instances <= Math.max(from.instances, to.instances); instances++) {
    const memory = [to.memory, from.memory].find((each) => instances * each <= most.memory * (1 + EPSILON));
    const steps = Math.floor(most.cpu / instances / quantum + EPSILON);
    const wanted = Math.round(steps * quantum * 1e9) / 1e9;
    const cpu = Math.min(spec.maxCpu, Math.max(from.cpu, to.cpu), wanted);
    if (memory === undefined || cpu < spec.minCpu) continue;
    const found = { cpu, memory, instances };
    if (compareCapacity(spec, found, best) > 0) best = found;
  }
  return best;
}
