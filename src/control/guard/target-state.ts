import type { ChangeRecord, TargetReading } from '../../models/changes.ts';
import type { ServiceSpec } from '../../models/data-models.ts';
import type { ReasonCode } from '../../models/decisions.ts';
import { allocationOf } from '../cluster/allocation-of.ts';
import { type Draft, describeAllocation, formatNumber } from '../draft.ts';
import { compareCapacity, sameAllocation, takesAway } from '../shapes.ts';
import type { GuardContext } from './guard-step.ts';
import { heldFromShrinking } from './hold.ts';

type Running = Extract<TargetReading, { kind: 'running' }>;

/**
 * A service that we write to is left as it is, also from growing, while its target cannot be read, an autoscaler decides on
 * it, or it is being changed already.
 */
export function holdTarget(draft: Draft, context: GuardContext): Draft {
  if (draft.service.mode === 'recommend') return draft;
  const reading = context.targets.reading(draft.service.id);
  if (reading?.kind === 'unreadable') return held(draft, 'target-unreadable', reading.reason);
  if (reading?.autoscaler !== undefined)
    return held(draft, 'autoscaled', `${reading.autoscaler} decides on it`);
  const change = context.changes.latest().get(draft.service.id);
  if (change?.status === 'writing') {
    const since = formatNumber(Math.max(0, context.observation.atSeconds - change.atSeconds));
    return held(draft, 'rolling-out', `change ${change.decision} has been rolled out for ${since} s`);
  }
  return reading?.rolling === true ? heldWhileRolling(draft, reading) : draft;
}

/**
 * Instances that are not ready may be new ones, or such as have too much to do: growing could be all that helps them, and
 * the executor finds out whether a rollout is under way.
 */
function heldWhileRolling(draft: Draft, { instancesReady, state }: Running): Draft {
  if (instancesReady >= state.instances)
    return held(draft, 'rolling-out', 'its instances are being replaced');
  const because = `${instancesReady} of its ${state.instances} instances are ready`;
  return heldFromShrinking(draft, 'rolling-out', because);
}

/**
 * What is written counts as capacity in force before it runs: nothing is taken away from the services of a chain on the
 * strength of a growth that is still to come up.
 */
export function holdWhileChainGrows(draft: Draft, { settings, changes }: GuardContext): Draft {
  const { id, mode, chains } = draft.service;
  if (mode === 'recommend') return draft;
  for (const change of changes.latest().values()) {
    const other = settings.topology.services.get(change.service);
    const shared = other?.chains.find((chain) => chains.includes(chain));
    if (other === undefined || shared === undefined || other.id === id || !isGrowing(other, change)) continue;
    const because = `${other.id} is being made larger for ${shared} by change ${change.decision}, and does not run so yet`;
    return heldFromShrinking(draft, 'rolling-out', because);
  }
  return draft;
}

function isGrowing(service: ServiceSpec, { status, before, to }: ChangeRecord): boolean {
  if (status !== 'writing') return false;
  return before === undefined || takesAway(service, to, allocationOf(service, before));
}

/** A change that did not come up is not tried again at once, nor is one that goes further the same way. */
export function holdAfterSetback(draft: Draft, { changes, observation }: GuardContext): Draft {
  if (draft.service.mode === 'recommend') return draft;
  const setback = changes.setback(draft.service.id, observation.atSeconds);
  if (setback === undefined) return draft;
  const { change, untilSeconds } = setback;
  if (leftSize(draft.service, change)) return draft;
  const wait = formatNumber(untilSeconds - observation.atSeconds);
  const because = `change ${change.decision} did not come up (${change.detail}); the next try is in ${wait} s`;
  if (takesAway(draft.service, draft.baseline, change.to))
    return heldFromShrinking(draft, 'change-failed', because);
  return compareCapacity(draft.service, draft.target, draft.baseline) < 0
    ? draft
    : held(draft, 'change-failed', because);
}

/** It was only to bring instances or template to the size that the service had. */
function leftSize(service: ServiceSpec, { before, to }: ChangeRecord): boolean {
  return before !== undefined && sameAllocation(allocationOf(service, before), to);
}

function held(draft: Draft, reason: ReasonCode, because: string): Draft {
  if (sameAllocation(draft.target, draft.baseline)) return draft;
  const explanation = `Stays at ${describeAllocation(draft.baseline)}: ${because} (wanted: ${describeAllocation(draft.target)}).`;
  return { ...draft, target: draft.baseline, reason, explanation };
}
