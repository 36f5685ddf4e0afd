import type { TargetReading } from '../models/changes.ts';
import type { CapacityInForce, ResourceAllocation, ServiceSpec } from '../models/data-models.ts';
import type { Decision } from '../models/decisions.ts';
import type { ControlParts } from './parts.ts';
import { voidAssumption } from './void-assumption.ts';

type Running = Extract<TargetReading, { kind: 'running' }>;

/** Notes what the cluster runs. What cannot be read leaves what was known before. */
export function noteTargets(parts: ControlParts, readings: ReadonlyMap<string, TargetReading>): void {
  for (const [service, reading] of readings) {
    const spec = parts.settings.topology.services.get(service);
    if (spec === undefined || reading.kind !== 'running') continue;
    const capacity = capacityOf(spec, reading);
    voidAssumption(parts, service, capacity);
    noteCapacity(parts, service, capacity, 'cluster');
  }
}

/** Where nothing is applied by us, what was recommended counts as applied if the configuration says so. */
export function assumeApplied(parts: ControlParts, { services }: Decision): void {
  if (!parts.settings.control.assumeApplied) return;
  for (const { id, mode, cpu, memory, instances } of services) {
    if (mode === 'recommend') noteCapacity(parts, id, { cpu, memory, instances }, 'recommendation');
  }
}

/** Notes what a service runs with from now on, in memory and on disk. */
export function noteCapacity(
  { capacities, clock, store }: ControlParts,
  service: string,
  capacity: Omit<CapacityInForce, 'source' | 'sinceSeconds'>,
  source: CapacityInForce['source'],
): void {
  const noted = capacities.note(service, { ...capacity, source, sinceSeconds: clock.nowSeconds() });
  if (noted !== undefined) store.saveCapacity({ service, ...noted });
}

/**
 * A plan promises the request, CFS enforces the limit (DESIGN section 3, "Capacity in force"). Without a request the
 * limit is requested, as Kubernetes does; without both nothing is promised, and the configured start stands for it.
 */
function capacityOf(
  { initial }: ServiceSpec,
  { state: { requests, limits, instances } }: Running,
): ResourceAllocation & Pick<CapacityInForce, 'cpuLimit'> {
  return {
    cpu: requests.cpu ?? limits.cpu ?? initial.cpu,
    memory: requests.memory ?? limits.memory ?? initial.memory,
    instances,
    ...(limits.cpu !== undefined && { cpuLimit: limits.cpu }),
  };
}
