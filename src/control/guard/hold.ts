import type { ResourceAllocation } from '../../models/data-models.ts';
import type { ReasonCode } from '../../models/decisions.ts';
import { type Draft, describeAllocation, formatNumber } from '../draft.ts';
import { noLessThan, takesAway } from '../shapes.ts';

/**
 * The draft without its decreases: capacity and memory each stay at least where they are. `because` completes the
 * sentence "Stays at …: ". A draft that takes nothing away is left as it is.
 */
export function heldFromShrinking(draft: Draft, reason: ReasonCode, because: string): Draft {
  if (!takesAway(draft.service, draft.baseline, draft.target)) return draft;
  const target = noLessThan(draft.service, draft.target, draft.baseline);
  const wanted = describeAllocation(draft.target);
  const grown = target.memory > draft.baseline.memory;
  const stays = `Stays at ${describeAllocation({ ...target, memory: draft.baseline.memory })}`;
  const memory = grown ? ` Its memory grows to ${formatNumber(target.memory)} MiB.` : '';
  const explanation = `${stays}: ${because} (wanted: ${wanted}).${memory}`;
  return { ...draft, target, reason, explanation };
}

/** Whether the draft takes anything away from what the service has. */
export function shrinks(draft: Draft): boolean {
  return takesAway(draft.service, draft.baseline, draft.target);
}

/** The draft with another target and the reason for it. */
export function redirected(
  draft: Draft,
  target: ResourceAllocation,
  reason: ReasonCode,
  explanation: string,
): Draft {
  return { ...draft, target, reason, explanation };
}
