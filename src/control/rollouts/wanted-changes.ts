import type { Change, Drift } from '../../models/changes.ts';
import type { Topology } from '../../models/data-models.ts';
import type { Decision, ServiceDecision } from '../../models/decisions.ts';

export interface WantedChanges {
  /** They take nothing away, and come first. */
  readonly grows: readonly Change[];
  readonly shrinks: readonly Change[];
}

export interface PresentState {
  isUnderWay(service: string): boolean;
  /** Why it is to be written again although the decision leaves it as it is. */
  drift(service: string): Drift | undefined;
}

/** The changes that a decision asks for: of services that are not only recommended, and that no change is under way of. */
export function wantedChanges(decision: Decision, topology: Topology, present: PresentState): WantedChanges {
  const grows: Change[] = [];
  const shrinks: Change[] = [];
  for (const service of decision.services) {
    const drift = service.status === 'keep' ? present.drift(service.id) : undefined;
    const change = changeOf(service, decision, topology, drift);
    if (change === undefined || present.isUnderWay(service.id)) continue;
    // Nobody waits for a template: it is written when all that grows has come up.
    (service.status === 'shrink' || drift?.kind === 'template' ? shrinks : grows).push(change);
  }
  return { grows, shrinks };
}

function changeOf(
  { id, status, explanation, current: from, cpu, memory, instances }: ServiceDecision,
  decision: Decision,
  topology: Topology,
  drift: Drift | undefined,
): Change | undefined {
  const service = topology.services.get(id);
  // The mode may have been changed since the decision was begun.
  if (service === undefined || service.mode === 'recommend') return undefined;
  if (status === 'hold' || (status === 'keep' && drift === undefined)) return undefined;
  return {
    service,
    decision: decision.id,
    explanation: drift?.detail ?? explanation,
    from,
    to: { cpu, memory, instances },
  };
}

/** Chains through services that did not get what they were to get: nothing is taken away from these now. */
export function chainsLeftShort(grows: readonly Change[], applied: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(
    grows.filter(({ service }) => !applied.has(service.id)).flatMap(({ service }) => service.chains),
  );
}
