import { type ServiceSpec, visitsByService } from '../../models/data-models.ts';
import type { ControlParts } from '../parts.ts';
import { SPAN_SECONDS } from './span-rates.ts';

/** CPU use is compared over this long, s: shorter, it is not told for the same seconds as the rates. */
const COMPARED_SECONDS = 60;

/** What is told in a minute and what was used in it are this near to each other when nothing has changed. */
const NOTHING_NEW = 1.2;
const MOST = 4;
/** With fewer requests in a minute chance is larger than that. */
const FEWEST = 200;

const SPANS = COMPARED_SECONDS / SPAN_SECONDS;
/** So many requests that did not come in a span are no chance. */
const SURELY_MISSED = 10;

type Parts = Pick<ControlParts, 'settings' | 'profiles' | 'usage' | 'nearLoads'>;

/**
 * By which factor services use more CPU for their load than their profiles say: a profile takes minutes to believe in a
 * change, and until then its plans would be too small. What uses less than it did is left to the profiles.
 */
export function demandFactors(parts: Parts, atSeconds: number): ReadonlyMap<string, number> {
  const factors = new Map<string, number>();
  for (const service of parts.settings.topology.services.values()) {
    if (service.mode !== 'in-place') continue;
    const expected = expectedCores(parts, service);
    const used = parts.usage.meanCpu(service.id, atSeconds - COMPARED_SECONDS, atSeconds + 1);
    if (expected === undefined || used === undefined) continue;
    const ratio = used / expected;
    if (ratio > NOTHING_NEW) factors.set(service.id, Math.min(MOST, ratio));
  }
  return factors;
}

/** Of the last minute's requests, by the profiles; undefined where one is missing. */
function expectedCores(
  { settings, profiles, nearLoads }: Parts,
  { id, chains }: ServiceSpec,
): number | undefined {
  let cores = 0;
  let baseline = 0;
  let requests = 0;
  const { own } = nearLoads.spans;
  for (const chain of chains) {
    const profile = profiles.profile(id, chain);
    const spec = settings.topology.chains.get(chain);
    const rate = own.mean(chain, SPANS);
    if (spec === undefined || Number.isNaN(rate)) continue;
    // A hole in the records makes the load look small for the CPU that it used.
    if (own.least(chain, SPANS) === 0 && rate * SPAN_SECONDS > SURELY_MISSED) return undefined;
    if (profile.kind !== 'profile' || profile.source !== 'fitted') return undefined;
    requests += COMPARED_SECONDS * rate;
    cores += rate * (visitsByService(spec).get(id) ?? 0) * profile.demandCoreSeconds;
    baseline = profile.baselineCores ?? 0;
  }
  // The drift that all services share is in their plans already.
  const drift = Math.max(1, profiles.demandDrift?.() ?? 1);
  return requests >= FEWEST ? drift * cores + baseline : undefined;
}
