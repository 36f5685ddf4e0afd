import type { TargetReading } from '../../models/changes.ts';
import type { CapacityInForce, ResourceAllocation, ServiceSpec } from '../../models/data-models.ts';
import { noteCapacity } from '../capacities.ts';
import type { ControlParts } from '../parts.ts';
import { voidAssumption } from '../void-assumption.ts';
import { allocationOf } from './allocation-of.ts';

type Running = Extract<TargetReading, { kind: 'running' }>;

type Noting = Pick<
  ControlParts,
  'capacities' | 'clock' | 'logger' | 'memory' | 'profiles' | 'settings' | 'store' | 'targets'
>;

/**
 * Notes what the cluster runs. What cannot be read leaves what was known before. `sinceSeconds`: when it was read last; what
 * is found to be rolling now may have begun right after that.
 */
export function noteTargets(
  parts: Noting,
  readings: ReadonlyMap<string, TargetReading>,
  sinceSeconds: number,
): void {
  const { settings, targets, profiles, capacities, clock, logger } = parts;
  for (const service of targets.services) if (!readings.has(service)) targets.forget(service);
  for (const [service, reading] of readings) {
    const spec = settings.topology.services.get(service);
    if (spec === undefined) continue;
    const before = targets.reading(service);
    if (targets.note(service, reading) === 'new-version') {
      logger.info({ service }, 'another version runs; its latency profile is learned anew');
      profiles.reset(service);
    }
    if (reading.kind !== 'running') continue;
    // A reading that still rolls and one that rolled before it both tell of the time between them.
    const rolled = before?.kind === 'running' && before.rolling;
    if (reading.rolling || rolled) capacities.unsettle(service, sinceSeconds, clock.nowSeconds());
    const capacity = capacityOf(spec, reading);
    capacities.see(service, { ...capacity, source: 'cluster', sinceSeconds: clock.nowSeconds() });
    voidAssumption(parts, service, capacity);
    noteCapacity(parts, service, capacity, 'cluster');
  }
}

/** A plan promises the request, CFS enforces the limit (DESIGN section 3, "Capacity in force"). */
function capacityOf(
  spec: ServiceSpec,
  { state }: Running,
): ResourceAllocation & Pick<CapacityInForce, 'cpuLimit'> {
  const { cpu: cpuLimit } = state.limits;
  return { ...allocationOf(spec, state), ...(cpuLimit !== undefined && { cpuLimit }) };
}
