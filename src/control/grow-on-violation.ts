import { type ChainSpec, visitsByService } from '../models/data-models.ts';
import { inPlaceParts } from '../models/in-place.ts';
import type { ProfileLearner } from '../models/ports.ts';
import { type Draft, describeAllocation, describeLatency, formatNumber } from './draft.ts';
import { piledUpFrom } from './in-place/piled-up.ts';
import { growthOf, quantumOf } from './in-place/steering.ts';
import type { ProposeContext } from './propose-context.ts';
import { capacityCores, compareCapacity, noLessThan, shapeFor, withinBounds } from './shapes.ts';

/** Latency this many times over what the profiles expect is more than an error of theirs: work is piling up. */
const PILING_UP = 1.5;

/** Utilisation below which waiting is at most a fifth of a visit's time (processor sharing). */
const NEARLY_IDLE = 0.2;

/** A service with at least this share of the chain's time is one of those that hold it up. */
const HOLDING_UP = 0.25;

/**
 * Where a chain is over its SLO and the plan alone would not end it, services grow by the largest step from the
 * capacity in force. Two cases:
 *
 * - Work is piling up: latency is far above what the profiles expect at the measured rate. The rate is then that of the
 *   answers and not of the demand (or the demand of a visit has grown), so that a plan for it stays behind: the
 *   services that hold the chain up grow.
 * - The SLO is missed steadily. A prior is pessimistic for shrinking only, and a fitted profile can be wrong: services
 *   without a fitted profile grow, or all, if every one has one and none would grow by plan (DESIGN section 3, "Cold start").
 */
export function growOnViolation(drafts: readonly Draft[], context: ProposeContext): readonly Draft[] {
  const growing = new Map<string, ChainSpec>();
  const byService = new Map(drafts.map((draft) => [draft.service.id, draft]));
  for (const chain of context.settings.topology.chains.values()) {
    for (const service of servicesToGrow(chain, byService, context)) growing.set(service, chain);
  }
  if (growing.size === 0) return drafts;
  return drafts.map((draft) => {
    const chain = growing.get(draft.service.id);
    return chain === undefined ? draft : grownByStep(draft, chain, context);
  });
}

function servicesToGrow(
  chain: ChainSpec,
  drafts: ReadonlyMap<string, Draft>,
  context: ProposeContext,
): readonly string[] {
  const holdingUp = servicesHoldingUp(chain, drafts, context);
  const isSlow = context.observation.chains.get(chain.id)?.violating === 'slow';
  if (holdingUp.length === 0 && !isSlow) return [];
  const helped = [...visitsByService(chain).keys()]
    .flatMap((service) => drafts.get(service) ?? [])
    .filter((draft) => capacityHelps(draft, context));
  const piling = helped.filter(({ service }) => holdingUp.includes(service.id));
  if (piling.length > 0) return piling.map(({ service }) => service.id);
  return isSlow ? servicesMissing(chain, helped, context) : [];
}

/** Of a chain that misses its SLO steadily, what grows of the services that capacity helps. */
function servicesMissing(
  chain: ChainSpec,
  helped: readonly Draft[],
  context: ProposeContext,
): readonly string[] {
  const unfitted = helped.filter(({ service }) => !isFitted(context.profiles, service.id, chain.id));
  if (unfitted.length > 0) return unfitted.map(({ service }) => service.id);
  // What cannot be met is planned as well as it can be; steps would only take everything to its maximum.
  if (context.infeasible.has(chain.id)) return [];
  return helped.some((draft) => grows(draft, context)) ? [] : helped.map(({ service }) => service.id);
}

function servicesHoldingUp(
  chain: ChainSpec,
  drafts: ReadonlyMap<string, Draft>,
  context: ProposeContext,
): readonly string[] {
  const { observation, expectedNow } = context;
  const latest = observation.chains.get(chain.id)?.latest;
  const slo = chain.slo.latencySeconds;
  const most = allowsForChance(chain, drafts, context) ? piledUpFrom(slo) : slo;
  if (latest === undefined || latest.latency <= most) return [];
  const expected = expectedNow.get(chain.id);
  if (expected !== undefined && latest.latency < PILING_UP * expected) return [];
  const total = [...latest.serviceSeconds.values()].reduce((sum, seconds) => sum + seconds, 0);
  return [...latest.serviceSeconds].filter(([, seconds]) => seconds >= HOLDING_UP * total).map(([id]) => id);
}

/**
 * Quotas are planned so that few minutes are over the SLO; a quarter of a minute then often is, which is no reason to grow
 * until work piles up, where planned loads double as well, or the SLO is missed steadily.
 */
function allowsForChance(
  chain: ChainSpec,
  drafts: ReadonlyMap<string, Draft>,
  { settings, observation, infeasible }: ProposeContext,
): boolean {
  if (!inPlaceParts(settings.topology).chains.has(chain.id)) return false;
  // Under caps what is resized in place may be planned by its curves.
  if (settings.control.caps !== undefined || infeasible.has(chain.id)) return false;
  if (observation.chains.get(chain.id)?.violating === 'slow') return false;
  return [...visitsByService(chain).keys()].every((id) => drafts.get(id)?.planned !== undefined);
}

/**
 * A service whose pessimistic demand leaves it nearly idle is not slow for want of capacity, except that an instance of
 * less than one core is slower than a thread could be.
 */
function capacityHelps({ service }: Draft, { demands, capacities }: ProposeContext): boolean {
  const present = withinBounds(service, capacities.inForce(service.id) ?? service.initial);
  const demand = demands.get(service.id);
  return demand === undefined || present.cpu < 1 || demand >= NEARLY_IDLE * capacityCores(service, present);
}

function isFitted(profiles: ProfileLearner, service: string, chain: string): boolean {
  const profile = profiles.profile(service, chain);
  return profile.kind === 'profile' && profile.source === 'fitted';
}

function grows(draft: Draft, { capacities }: ProposeContext): boolean {
  const present = capacities.inForce(draft.service.id);
  return present !== undefined && compareCapacity(draft.service, draft.target, present) > 0;
}

function grownByStep(draft: Draft, chain: ChainSpec, context: ProposeContext): Draft {
  const { settings, capacities, observation } = context;
  const { service } = draft;
  const present = withinBounds(service, capacities.inForce(service.id) ?? service.initial);
  const step = growthOf(service, settings);
  const cores = capacityCores(service, present) * step;
  const stepped = {
    ...draft.target,
    ...shapeFor(service, cores, present.instances, quantumOf(service, settings.allocation)),
  };
  const target = noLessThan(service, noLessThan(service, stepped, draft.target), draft.baseline);
  if (compareCapacity(service, target, draft.target) <= 0) return draft;
  const { latest, observedLatency } = observation.chains.get(chain.id) ?? {};
  const observed = latest?.latency ?? observedLatency;
  const seen = observed === undefined ? 'is over its SLO' : `is at ${describeLatency(observed)}`;
  return {
    ...draft,
    target,
    reason: 'grow-on-violation',
    explanation: `Grows to ${describeAllocation(target)}, at most ${formatNumber(step)} × what is in force: ${chain.id} ${seen} of ${describeLatency(chain.slo.latencySeconds)} with it.`,
  };
}
