import { type Draft, describeAllocation, formatNumber } from '../draft.ts';
import { lateness } from '../observe/lateness.ts';
import type { ChainObservation } from '../observe/observation.ts';
import type { GuardContext } from './guard-step.ts';
import { heldFromShrinking } from './hold.ts';

/** Silence this many times longer than the mean time between requests is no chance (Poisson: below 1 %). */
const SILENCE_IN_REQUESTS = 5;
/** So many requests that did not come are no chance in any case. */
const SURELY_MISSED = 20;

/** A plan that is not made of finite, positive numbers is a fault somewhere: nothing changes. */
export function holdInvalid(draft: Draft): Draft {
  const { cpu, memory, instances } = draft.target;
  if ([cpu, memory, instances].every((value) => Number.isFinite(value) && value > 0)) return draft;
  return {
    ...draft,
    target: draft.baseline,
    reason: 'invalid-data',
    explanation: `Stays at ${describeAllocation(draft.baseline)}: the plan had a value that is no positive number.`,
  };
}

/** A chain or a service that fell silent, or was never heard of, is missing data and not a missing load. */
export function holdStale(draft: Draft, context: GuardContext): Draft {
  const { settings, observation, profiles, sourceTrouble } = context;
  const unlisted = observation.unlisted.get(draft.service.id);
  if (unlisted !== undefined) {
    return heldFromShrinking(draft, 'no-data', `it carries ${unlisted}, which it is not configured for`);
  }
  for (const id of draft.service.chains) {
    const chain = observation.chains.get(id);
    if (chain === undefined) continue;
    if (chain.lastRecordSeconds === undefined) {
      return heldFromShrinking(draft, 'no-data', `no record of ${id} has arrived yet`);
    }
    const [silent] = chain.silentServices;
    if (chain.silentServices.has(draft.service.id)) {
      return heldFromShrinking(draft, 'stale-data', `it tells nothing of ${id}, which goes on elsewhere`);
    }
    // With end-to-end samples the chain's latency is known without that of each of its services.
    if (silent !== undefined && profiles.composition(id).windows === 0) {
      return heldFromShrinking(
        draft,
        'no-data',
        `${silent} tells nothing of ${id}, so that its part of the SLO is not known`,
      );
    }
    const silence = observation.atSeconds - chain.lastRecordSeconds;
    if (isSilentInPlace(draft, chain, silence, settings)) {
      return heldFromShrinking(draft, 'stale-data', `no record of ${id} for ${formatNumber(silence)} s`);
    }
    // Silence of a source that cannot be read is no chance, however quiet the chain.
    const isUnread = silence > settings.control.staleAfter && sourceTrouble(draft.service.id) !== undefined;
    if (isUnread || isStale(chain, silence, settings.control.staleAfter)) {
      return heldFromShrinking(draft, 'stale-data', `no record of ${id} for ${formatNumber(silence)} s`);
    }
  }
  return draft;
}

/**
 * In place a decrease is as quick as what it rests on must be fresh: a chain with many requests that was not heard of for
 * longer than records take has fallen silent, whatever is known of it from before.
 */
function isSilentInPlace(
  { service }: Draft,
  { usualRate }: ChainObservation,
  silenceSeconds: number,
  settings: GuardContext['settings'],
): boolean {
  const unheard = silenceSeconds - lateness(settings);
  return service.mode === 'in-place' && unheard > 0 && (usualRate ?? 0) * silenceSeconds > SURELY_MISSED;
}

function isStale(chain: ChainObservation, silenceSeconds: number, staleAfter: number): boolean {
  if (silenceSeconds <= staleAfter) return false;
  return chain.usualRate === undefined || chain.usualRate * silenceSeconds > SILENCE_IN_REQUESTS;
}

export function holdUntilWarm(draft: Draft, { settings, observation }: GuardContext): Draft {
  const { warmUp } = settings.control;
  const watched = observation.atSeconds - (observation.firstRecordSeconds ?? observation.atSeconds);
  if (watched >= warmUp) return draft;
  const seen = `${formatNumber(Math.max(0, watched))} s of ${formatNumber(warmUp)} s of traffic have been watched`;
  return heldFromShrinking(draft, 'warming-up', seen);
}
