import type { ReasonCode } from '../../models/decisions.ts';
import { type Draft, describeAllocation, formatNumber } from '../draft.ts';
import { compareCapacity, sameAllocation, takesAway } from '../shapes.ts';
import type { GuardContext } from './guard-step.ts';
import { heldFromShrinking } from './hold.ts';

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
  if (reading?.rolling === true) return held(draft, 'rolling-out', 'its instances are being replaced');
  return draft;
}

/** A change that did not come up is not tried again at once, nor is one that goes further the same way. */
export function holdAfterSetback(draft: Draft, { changes, observation }: GuardContext): Draft {
  if (draft.service.mode === 'recommend') return draft;
  const setback = changes.setback(draft.service.id, observation.atSeconds);
  if (setback === undefined) return draft;
  const { change, untilSeconds } = setback;
  const wait = formatNumber(untilSeconds - observation.atSeconds);
  const because = `change ${change.decision} did not come up (${change.detail}); the next try is in ${wait} s`;
  if (takesAway(draft.service, draft.baseline, change.to))
    return heldFromShrinking(draft, 'change-failed', because);
  return compareCapacity(draft.service, draft.target, draft.baseline) < 0
    ? draft
    : held(draft, 'change-failed', because);
}

function held(draft: Draft, reason: ReasonCode, because: string): Draft {
  if (sameAllocation(draft.target, draft.baseline)) return draft;
  const explanation = `Stays at ${describeAllocation(draft.baseline)}: ${because} (wanted: ${describeAllocation(draft.target)}).`;
  return { ...draft, target: draft.baseline, reason, explanation };
}
