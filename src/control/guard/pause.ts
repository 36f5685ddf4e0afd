import { type Draft, describeAllocation } from '../draft.ts';
import { sameAllocation } from '../shapes.ts';
import type { GuardContext } from './guard-step.ts';

/** The operator's pause holds everything, increases too. */
export function holdWhilePaused(draft: Draft, { settings }: GuardContext): Draft {
  if (!settings.control.paused || sameAllocation(draft.target, draft.baseline)) return draft;
  return {
    ...draft,
    target: draft.baseline,
    reason: 'paused',
    explanation: `Stays at ${describeAllocation(draft.baseline)}: changes are paused (wanted: ${describeAllocation(draft.target)}).`,
  };
}
