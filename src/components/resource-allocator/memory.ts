import type { ServiceSpec } from '../../models/data-models.ts';

/** Memory above the working set at its 95th percentile (DESIGN section 3, "Shape"). */
const HEADROOM = 1.15;

/**
 * Memory of one instance, whole MiB inside the service's bounds: the working set with headroom, and what is in force
 * where nothing was measured.
 */
export function memoryFor(spec: ServiceSpec, present: number, workingSet: number | undefined): number {
  const wanted = workingSet === undefined ? present : Math.ceil(workingSet * HEADROOM - 1e-9);
  return Math.min(Math.max(wanted, spec.minMemory), spec.maxMemory);
}
