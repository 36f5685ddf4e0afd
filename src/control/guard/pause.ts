import type { Settings } from '../../models/settings.ts';
import { type Draft, describeAllocation, describeTime } from '../draft.ts';
import { sameAllocation } from '../shapes.ts';
import type { GuardContext } from './guard-step.ts';

/** A pause holds everything, increases too. */
export function holdWhilePaused(draft: Draft, { settings }: GuardContext): Draft {
  if (!settings.control.paused || sameAllocation(draft.target, draft.baseline)) return draft;
  return {
    ...draft,
    target: draft.baseline,
    reason: 'paused',
    explanation: `Stays at ${describeAllocation(draft.baseline)}: ${pausedBy(settings.control)} (wanted: ${describeAllocation(draft.target)}).`,
  };
}

function pausedBy({ pause }: Settings['control']): string {
  if (pause === undefined) return 'changes are paused by the configuration (control.paused)';
  return `changes are paused by the operator since ${describeTime(pause.sinceSeconds)} ("${pause.reason}")`;
}
