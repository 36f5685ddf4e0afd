import { type Draft, describeAllocation } from '../draft.ts';
import { sameAllocation, withinBounds } from '../shapes.ts';

/** Whatever was held or decided before: nothing outside of the configured bounds is recommended, unless changes are paused. */
export function keepWithinBounds(draft: Draft): Draft {
  const target = withinBounds(draft.service, draft.target);
  if (sameAllocation(target, draft.target)) return draft;
  const explanation = `Goes to ${describeAllocation(target)}: ${describeAllocation(draft.target)} lies outside of its bounds.`;
  return { ...draft, target, reason: 'bounds', explanation };
}
