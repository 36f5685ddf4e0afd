import { type Draft, formatNumber } from '../draft.ts';
import type { GuardContext } from './guard-step.ts';
import { heldFromShrinking } from './hold.ts';

/** Failing requests are cheap requests: their load says nothing of what healthy ones would need. */
export function holdOnErrors(draft: Draft, { settings, observation }: GuardContext): Draft {
  const ratio = observation.errorRatios.get(draft.service.id) ?? 0;
  if (ratio <= settings.control.maxErrorRatio) return draft;
  return heldFromShrinking(draft, 'errors', `${formatNumber(ratio * 100)} % of its requests fail`);
}

export function holdOnViolation(draft: Draft, { observation, givenUp }: GuardContext): Draft {
  const violating = draft.service.chains.find(
    (id) => observation.chains.get(id)?.violating !== undefined && !givenUp.has(id),
  );
  if (violating === undefined) return draft;
  return heldFromShrinking(draft, 'would-violate', `${violating} is over its SLO now, or failing`);
}

export function holdWithoutConfidence(draft: Draft, { settings, profiles }: GuardContext): Draft {
  const { minConfidence } = settings.control;
  for (const chain of draft.service.chains) {
    const profile = profiles.profile(draft.service.id, chain);
    const confidence = profile.kind === 'profile' ? profile.confidence : 0;
    if (confidence >= minConfidence) continue;
    const known = `confidence in its profile for ${chain} is ${formatNumber(confidence)}, ${minConfidence} is needed`;
    return heldFromShrinking(draft, 'low-confidence', known);
  }
  return draft;
}
