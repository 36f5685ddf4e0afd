import type { ResourceAllocation } from '../models/data-models.ts';
import type { ControlParts } from './parts.ts';
import { sameAllocation } from './shapes.ts';

/**
 * To be called before a told capacity is noted. As long as nothing was told, a service was taken to run with its
 * configured `initial`; where the first word is another one, its profiles were fitted against a capacity that it never
 * had, and are forgotten. That what was recommended runs now is a change, and says nothing against the time before.
 */
export function voidAssumption(
  { capacities, memory, profiles }: Pick<ControlParts, 'capacities' | 'memory' | 'profiles'>,
  service: string,
  told: ResourceAllocation,
): void {
  const assumed = capacities.inForce(service);
  if (assumed?.source !== 'initial' || sameAllocation(assumed, told)) return;
  const recommended = memory.recommendations().get(service);
  if (recommended !== undefined && sameAllocation(recommended, told)) return;
  profiles.reset(service);
  // Windows that have closed but were not learned yet are void too.
  capacities.voidInitial(service);
}
