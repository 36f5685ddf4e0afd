import type { ServiceSpec } from '../../models/data-models.ts';
import { MEMORY_HEADROOM } from '../../models/plans.ts';

/**
 * Memory of one instance, whole MiB inside the service's bounds: the working set with headroom, and what is in force
 * where nothing was measured.
 */
export function memoryFor(spec: ServiceSpec, present: number, workingSet: number | undefined): number {
  const wanted = workingSet === undefined ? present : Math.ceil(workingSet * MEMORY_HEADROOM - 1e-9);
  return Math.min(Math.max(wanted, spec.minMemory), spec.maxMemory);
}
