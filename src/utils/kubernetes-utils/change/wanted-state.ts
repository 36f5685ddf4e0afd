/** What a change is to leave behind, and what of it is ours to write. */
import type { Change, Limits, TargetState } from '../../../models/changes.ts';
import { followingLimits, resourcesOf } from '../wanted.ts';
import type { Workload } from '../workload/workload.ts';
import { resourcePath, weApplied } from './ownership.ts';

const RESOURCES = ['cpu', 'memory'] as const;

/**
 * `keep` leaves the limits that are there. `none` leaves those of others: ours go, because a server-side apply removes
 * what it no longer names.
 */
export function wantedState(
  { service, to, requests, limits }: Change,
  before: TargetState,
  { managers }: Pick<Workload, 'managers'>,
  container: string,
  limitFactor: number,
): TargetState {
  const policy = (): Limits => {
    if (service.limits === 'follow') return followingLimits(to, limitFactor);
    if (service.limits === 'keep') return before.limits;
    return pick(before.limits, (key) => !weApplied(managers, resourcePath(container, 'limits', key)));
  };
  return {
    requests: requests ?? { cpu: to.cpu, memory: to.memory },
    limits: limits ?? policy(),
    instances: to.instances,
  };
}

/** The limits that have to be written: those that change, and those that would go because only we name them. */
export function limitsToWrite(
  wanted: TargetState,
  live: Pick<TargetState, 'requests' | 'limits'>,
  managers: Workload['managers'],
  container: string,
): Limits {
  const [to, from] = [resourcesOf(wanted).limits, resourcesOf(live).limits];
  return pick(
    wanted.limits,
    (key) => to[key] !== from[key] || weApplied(managers, resourcePath(container, 'limits', key)),
  );
}

/** Why the API would not take it, or undefined. */
export function limitsBelowRequests({ requests, limits }: TargetState): string | undefined {
  const below = RESOURCES.filter(
    (key) => (limits[key] ?? Number.POSITIVE_INFINITY) < (requests[key] ?? 0) - 1e-9,
  );
  if (below.length === 0) return undefined;
  const words = below.map(
    (key) => `the ${key} limit of ${limits[key]} is below the request of ${requests[key]}`,
  );
  return words.join(' and ');
}

/** Whether the same stands in requests and limits, as the API writes them. */
export function sameResources(
  left: Pick<TargetState, 'requests' | 'limits'>,
  right: Pick<TargetState, 'requests' | 'limits'>,
): boolean {
  return JSON.stringify(ordered(left)) === JSON.stringify(ordered(right));
}

export function sameState(left: TargetState, right: TargetState): boolean {
  return left.instances === right.instances && sameResources(left, right);
}

function ordered(state: Pick<TargetState, 'requests' | 'limits'>): unknown {
  const { requests, limits } = resourcesOf(state);
  return [requests.cpu ?? '', requests.memory ?? '', limits.cpu ?? '', limits.memory ?? ''];
}

function pick(limits: Limits, wanted: (key: 'cpu' | 'memory') => boolean): Limits {
  return Object.fromEntries(
    RESOURCES.flatMap((key) => (limits[key] !== undefined && wanted(key) ? [[key, limits[key]]] : [])),
  );
}
