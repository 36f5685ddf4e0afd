/** What a change asks for, in the words of the API. */
import type { Limits, TargetState } from '../../models/changes.ts';
import type { ResourceAllocation, ServiceSpec } from '../../models/data-models.ts';
import { cpuQuantity, memoryQuantity } from './quantities.ts';

/** Resources of one container by name; an absent one is not set. */
export interface Quantities {
  readonly cpu?: string;
  readonly memory?: string;
}

export interface ContainerResources {
  readonly requests: Quantities;
  readonly limits: Quantities;
}

/** Limits that `limits: follow` gives: a multiple of the requests. */
export function followingLimits({ cpu, memory }: ResourceAllocation, factor: number): Limits {
  return { cpu: cpu * factor, memory: memory * factor };
}

/** The limits of a service's policy where nothing is known of what runs; absent ones are not ours to set. */
export function plannedLimits(
  policy: ServiceSpec['limits'],
  allocation: ResourceAllocation,
  factor: number,
): Limits {
  return policy === 'follow' ? followingLimits(allocation, factor) : {};
}

export function quantitiesOf({ cpu, memory }: Limits): Quantities {
  return {
    ...(cpu !== undefined && { cpu: cpuQuantity(cpu) }),
    ...(memory !== undefined && { memory: memoryQuantity(memory) }),
  };
}

export function resourcesOf({
  requests,
  limits,
}: Pick<TargetState, 'requests' | 'limits'>): ContainerResources {
  return { requests: quantitiesOf(requests), limits: quantitiesOf(limits) };
}
