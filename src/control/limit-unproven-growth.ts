import type { ServiceSpec } from '../models/data-models.ts';
import { type Draft, describeAllocation, describeLatency } from './draft.ts';
import { quantumOf } from './in-place/steering.ts';
import type { ProposeContext } from './propose-context.ts';
import { capacityCores, compareCapacity, shapeFor, withinBounds } from './shapes.ts';

/**
 * The demand bound of a prior is pessimistic for the sake of shrinking only (DESIGN section 3, "Cold start"). Where it asks
 * for more than what is in force, and what runs demonstrably copes, the service grows only in proportion to the load
 * that is to come: its utilisation stays what it is.
 */
export function limitUnprovenGrowth(draft: Draft, context: ProposeContext): Draft {
  const { service } = draft;
  const present = withinBounds(service, context.capacities.inForce(service.id) ?? service.initial);
  if (compareCapacity(service, draft.target, present) <= 0 || !isUnproven(service, context)) return draft;
  const slowest = slowestShare(service, context);
  if (slowest === undefined) return draft;
  const cores = capacityCores(service, present) * expectedGrowth(service, context);
  const shape = shapeFor(service, cores, present.instances, quantumOf(service, context.settings.allocation));
  const target = { ...draft.target, ...shape };
  if (compareCapacity(service, target, draft.target) >= 0) return draft;
  const explanation = `Planned ${describeAllocation(target)}: what runs copes (${slowest}), and the first, pessimistic curve is no reason for ${describeAllocation(draft.target)}.`;
  return { ...draft, target, reason: 'meets-slo', explanation };
}

function isUnproven({ id, chains }: ServiceSpec, { profiles }: ProposeContext): boolean {
  return chains.every((chain) => {
    const profile = profiles.profile(id, chain);
    return profile.kind !== 'profile' || profile.source === 'prior';
  });
}

/** "42 ms of 500 ms in order-processing" for the chain nearest to its SLO; undefined unless all are known to be within it. */
function slowestShare(
  { chains }: ServiceSpec,
  { settings, observation }: ProposeContext,
): string | undefined {
  let worst: { ratio: number; words: string } | undefined;
  for (const id of chains) {
    const slo = settings.topology.chains.get(id)?.slo;
    const { load, observedLatency, violating } = observation.chains.get(id) ?? {};
    if (slo === undefined || load === undefined) continue;
    const ratio = (observedLatency ?? Number.POSITIVE_INFINITY) / slo.latencySeconds;
    if (violating !== undefined || observedLatency === undefined || ratio > 1 - settings.allocation.sloMargin)
      return undefined;
    const words = `${describeLatency(observedLatency)} of ${describeLatency(slo.latencySeconds)} in ${id}`;
    if (worst === undefined || ratio > worst.ratio) worst = { ratio, words };
  }
  return worst?.words;
}

/** Planned load over the load that was carried, of the chain that grows most; at least 1. */
function expectedGrowth({ chains }: ServiceSpec, { observation, loads }: ProposeContext): number {
  const growths = chains.map(
    (id) => (loads.get(id) ?? 0) / (observation.chains.get(id)?.load ?? Number.POSITIVE_INFINITY),
  );
  return Math.max(1, ...growths.filter(Number.isFinite));
}
