import type { TargetReading } from '../../models/changes.ts';
import type { CapacityInForce, ResourceAllocation, ServiceSpec } from '../../models/data-models.ts';
import { SMALL_CHANGE } from '../books/capacity-book.ts';
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
  tellUnreadable(parts, readings);
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
    // A small step that some have taken already and others not yet is no event.
    const uneven = reading.drift?.kind === 'uneven' && (reading.drift.spread ?? 1) >= SMALL_CHANGE;
    // Instances that are resized in place stay; only new ones are another matter.
    const stays =
      spec.mode === 'in-place' &&
      reading.state.instances === capacities.inForce(service)?.instances &&
      !uneven;
    if ((reading.rolling || rolled || uneven) && !stays)
      capacities.unsettle(service, sinceSeconds, clock.nowSeconds());
    const capacity = capacityOf(spec, reading);
    const source = sourceOf(reading);
    capacities.see(service, { ...capacity, source, sinceSeconds: clock.nowSeconds() });
    voidAssumption(parts, service, capacity);
    noteCapacity(parts, service, capacity, source);
  }
}

/** Most services that a line in the log names. */
const MOST_NAMED = 10;

/** Once when it begins, and once when it is over: with the cluster away that is all services at once. */
function tellUnreadable({ targets, logger }: Noting, readings: ReadonlyMap<string, TargetReading>): void {
  const changed = (kind: TargetReading['kind'], before: (known: TargetReading | undefined) => boolean) =>
    [...readings].filter(([service, reading]) => reading.kind === kind && before(targets.reading(service)));
  const lost = changed('unreadable', (known) => known?.kind !== 'unreadable');
  const found = changed('running', (known) => known?.kind === 'unreadable');
  const [first] = lost.map(([, reading]) => (reading.kind === 'unreadable' ? reading.reason : ''));
  if (lost.length > 0)
    logger.warn({ services: named(lost), count: lost.length, reason: first }, 'what runs cannot be read');
  if (found.length > 0)
    logger.info({ services: named(found), count: found.length }, 'what runs can be read again');
}

function named(readings: readonly (readonly [string, TargetReading])[]): string {
  return readings
    .slice(0, MOST_NAMED)
    .map(([service]) => service)
    .join(', ');
}

/** Where the cluster promises no CPU, the figure is the configured start, and is not to look like the cluster's. */
function sourceOf({ state: { requests, limits } }: Running): 'cluster' | 'initial' {
  return requests.cpu === undefined && limits.cpu === undefined ? 'initial' : 'cluster';
}

/** A plan promises the request, CFS enforces the limit (DESIGN section 3, "Capacity in force"). */
function capacityOf(
  spec: ServiceSpec,
  { state }: Running,
): ResourceAllocation & Pick<CapacityInForce, 'cpuLimit'> {
  const { cpu: cpuLimit } = state.limits;
  return { ...allocationOf(spec, state), ...(cpuLimit !== undefined && { cpuLimit }) };
}
