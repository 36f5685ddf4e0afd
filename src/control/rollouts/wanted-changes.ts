import type { Change } from '../../models/changes.ts';
import type { Topology } from '../../models/data-models.ts';
import type { Decision, ServiceDecision } from '../../models/decisions.ts';

export interface WantedChanges {
  /** They take nothing away, and come first. */
  readonly grows: readonly Change[];
  readonly shrinks: readonly Change[];
}

/** The changes that a decision asks for: of services that are not only recommended, and that no change is under way of. */
export function wantedChanges(
  decision: Decision,
  topology: Topology,
  isUnderWay: (service: string) => boolean,
): WantedChanges {
  const grows: Change[] = [];
  const shrinks: Change[] = [];
  for (const service of decision.services) {
    const change = changeOf(service, decision, topology);
    if (change === undefined || isUnderWay(service.id)) continue;
    (service.status === 'shrink' ? shrinks : grows).push(change);
  }
  return { grows, shrinks };
}

function changeOf(
  { id, status, explanation, current: from, cpu, memory, instances }: ServiceDecision,
  decision: Decision,
  topology: Topology,
): Change | undefined {
  const service = topology.services.get(id);
  // The mode may have been changed since the decision was begun.
  if (service === undefined || service.mode === 'recommend') return undefined;
  if (status === 'hold' || status === 'keep') return undefined;
  return { service, decision: decision.id, explanation, from, to: { cpu, memory, instances } };
}

/** Chains through services that did not get what they were to get: nothing is taken away from these now. */
export function chainsLeftShort(grows: readonly Change[], applied: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(
    grows.filter(({ service }) => !applied.has(service.id)).flatMap(({ service }) => service.chains),
  );
}
