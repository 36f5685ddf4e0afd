import type { TargetState } from '../../models/changes.ts';
import type { ResourceAllocation, ServiceSpec } from '../../models/data-models.ts';

/**
 * What a target promises. Without a request the limit is requested, as Kubernetes does; without both nothing is promised,
 * and the configured start stands for it.
 */
export function allocationOf(
  { initial }: Pick<ServiceSpec, 'initial'>,
  { requests, limits, instances }: TargetState,
): ResourceAllocation {
  return {
    cpu: requests.cpu ?? limits.cpu ?? initial.cpu,
    memory: requests.memory ?? limits.memory ?? initial.memory,
    instances,
  };
}
