import type { Caps, PlanningService } from '../../models/plans.ts';
import { leastCpuOf, usableCores } from './service-columns.ts';
import type { Shape } from './shape-grid.ts';

/** What something takes of the caps: cores and MiB. */
export interface Use {
  readonly cpu: number;
  readonly memory: number;
}

const NOTHING: Use = { cpu: 0, memory: 0 };

/** Rounding errors that count as nothing. */
const SLACK = 1e-9;

export function fits({ cpu, memory }: Use, caps: Caps): boolean {
  const most = (cap: number | undefined) => (cap ?? Number.POSITIVE_INFINITY) * (1 + SLACK);
  return cpu <= most(caps.cpu) && memory <= most(caps.memory);
}

export function useOfShape(service: PlanningService, { instances, cpu }: Shape): Use {
  return { cpu: instances * cpu, memory: instances * (service.fixed?.memory ?? service.memory) };
}

/** Of a continuous capacity: its cores, idle ones included, and the memory of max(n_min, C/U) instances. */
export function useOfCapacity(service: PlanningService, capacity: number): Use {
  if (service.fixed !== undefined) return useOfShape(service, service.fixed);
  const instances = Math.max(service.minInstances, capacity / usableCores(service));
  const idle = Math.max(1, leastCpuOf(service) / service.parallelism);
  return { cpu: idle * capacity, memory: instances * service.memory };
}

/** The least that can be given to a service. */
export function leastShapeOf(service: PlanningService): Shape {
  return service.fixed ?? { instances: service.minInstances, cpu: leastCpuOf(service) };
}

export function total(uses: Iterable<Use>): Use {
  let { cpu, memory } = NOTHING;
  for (const use of uses) {
    cpu += use.cpu;
    memory += use.memory;
  }
  return { cpu, memory };
}
