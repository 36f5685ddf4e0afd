/** What is asked of the subresource `resize` of a pod, and what it lets through. */
import type { ApiFailure } from '../api/api-failure.ts';
import { resourcesOf } from '../wanted.ts';
import type { Pod, PodResources } from '../workload/pod.ts';

/**
 * The nearest that a container can come to a size in place. Neither requests nor limits can be taken away: a request that is
 * there stays, and a limit is at least what one that follows would be. `keepsMemory`: its memory limit is not lowered.
 */
export function reachableSize(
  has: PodResources,
  wanted: PodResources,
  limitFactor: number,
  keepsMemory: boolean,
): PodResources {
  const requests = { ...has.requests, ...wanted.requests };
  const limits = { ...has.limits, ...wanted.limits };
  for (const key of ['cpu', 'memory'] as const) {
    const [limit, request] = [limits[key], requests[key]];
    if (wanted.limits[key] === undefined && limit !== undefined && request !== undefined)
      limits[key] = Math.max(limit, request * limitFactor);
  }
  if (keepsMemory && has.limits.memory !== undefined)
    limits.memory = Math.max(limits.memory ?? 0, has.limits.memory);
  return { requests, limits };
}

/** A memory limit is not lowered without a restart (before Kubernetes 1.34). */
export function isMemoryKept(failure: ApiFailure): boolean {
  return (
    failure.kind === 'status' &&
    failure.code === 422 &&
    failure.causes.length > 0 &&
    failure.causes.every(({ field }) => /\.limits\W?memory\b/.test(field))
  );
}

/** For a strategic merge patch: containers are merged by name. The uid keeps it from another pod of the same name. */
export function resizePatch({ uid }: Pod, container: string, { requests, limits }: PodResources): object {
  const resources = resourcesOf({ requests, limits });
  return {
    metadata: { uid },
    spec: {
      containers: [
        {
          name: container,
          resources: {
            requests: resources.requests,
            ...(Object.keys(resources.limits).length > 0 && { limits: resources.limits }),
          },
        },
      ],
    },
  };
}
