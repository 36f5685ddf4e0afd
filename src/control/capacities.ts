import type { CapacityInForce } from '../models/data-models.ts';
import type { Decision } from '../models/decisions.ts';
import type { ControlParts } from './parts.ts';

/** Where nothing is applied by us, what was recommended counts as applied if the configuration says so. */
export function assumeApplied(parts: ControlParts, { services }: Decision): void {
  if (!parts.settings.control.assumeApplied) return;
  for (const { id, mode, cpu, memory, instances } of services) {
    if (mode === 'recommend') noteCapacity(parts, id, { cpu, memory, instances }, 'recommendation');
  }
}

/** Notes what a service runs with from now on, in memory and on disk. */
export function noteCapacity(
  { capacities, clock, store }: Pick<ControlParts, 'capacities' | 'clock' | 'store'>,
  service: string,
  capacity: Omit<CapacityInForce, 'source' | 'sinceSeconds'>,
  source: CapacityInForce['source'],
): void {
  const noted = capacities.note(service, { ...capacity, source, sinceSeconds: clock.nowSeconds() });
  if (noted !== undefined) store.saveCapacity({ service, ...noted });
}
