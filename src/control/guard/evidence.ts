import { inPlaceParts } from '../../models/in-place.ts';
import type { ProfileOutcome } from '../../models/profiles.ts';
import { type Draft, formatNumber } from '../draft.ts';
import type { GuardContext } from './guard-step.ts';
import { heldFromShrinking } from './hold.ts';

/** Failing requests are cheap requests: their load says nothing of what healthy ones would need. */
export function holdOnErrors(draft: Draft, { settings, observation }: GuardContext): Draft {
  const ratio = observation.errorRatios.get(draft.service.id) ?? 0;
  if (ratio <= settings.control.maxErrorRatio) return draft;
  return heldFromShrinking(draft, 'errors', `${formatNumber(ratio * 100)} % of its requests fail`);
}

export function holdOnViolation(draft: Draft, { settings, observation, givenUp }: GuardContext): Draft {
  const { chains } = settings.topology;
  const isLate = (id: string) => {
    if (!inPlaceParts(settings.topology).chains.has(id)) return false;
    const { latest, load = 0 } = observation.chains.get(id) ?? {};
    // Where many come and nearly none is answered it is at its worst.
    if (latest === undefined) return load > SURELY_ANSWERED;
    return latest.latency > chains.get(id)!.slo.latencySeconds;
  };
  const violating = draft.service.chains.find(
    (id) => (observation.chains.get(id)?.violating !== undefined || isLate(id)) && !givenUp.has(id),
  );
  if (violating === undefined) return draft;
  return heldFromShrinking(draft, 'would-violate', `${violating} is over its SLO now, or failing`);
}

/** Of so many requests/s enough are answered in any 15 s to tell their latency, if they are answered at all. */
const SURELY_ANSWERED = 10;

/** A demand whose confidence interval is at most this wide, as a share of it, is known. */
const KNOWN_DEMAND = 0.5;

/**
 * Quotas are planned from demands alone, and what they make of latencies is measured every few seconds: there it is enough that
 * the demand is known from the CPU that was used.
 */
function isDemandKnown(profile: ProfileOutcome): boolean {
  if (profile.kind !== 'profile' || profile.demandSource !== 'measured-cpu') return false;
  const [low, high] = profile.demandInterval;
  return high - low <= KNOWN_DEMAND * profile.demandCoreSeconds;
}

export function holdWithoutConfidence(draft: Draft, { settings, profiles }: GuardContext): Draft {
  const { minConfidence } = settings.control;
  // Where a cap binds they are planned by their curves.
  const byQuota =
    settings.control.caps === undefined && inPlaceParts(settings.topology).services.has(draft.service.id);
  for (const chain of draft.service.chains) {
    const profile = profiles.profile(draft.service.id, chain);
    if (byQuota && isDemandKnown(profile)) continue;
    const confidence = profile.kind === 'profile' ? profile.confidence : 0;
    if (confidence >= minConfidence) continue;
    const known = `confidence in its profile for ${chain} is ${formatNumber(confidence)}, ${minConfidence} is needed`;
    return heldFromShrinking(draft, 'low-confidence', known);
  }
  return draft;
}
