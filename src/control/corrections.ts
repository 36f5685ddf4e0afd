import type { PlanRequest } from '../models/ports.ts';
import type { Correction } from './books/pass-memory.ts';
import type { MeasuredTraffic } from './observe/chain-violation.ts';
import type { Observation } from './observe/observation.ts';
import type { ControlParts } from './parts.ts';

/** More is no error of a profile: work is piling up, which is a matter for growing by steps. */
const LARGEST_CORRECTION = 1.5;

/** A correction that is not needed any more halves in this time, s: it must outlive the change that it brought about. */
const HALF_LIFE_SECONDS = 1800;

type CorrectionParts = Pick<ControlParts, 'planner' | 'settings' | 'capacities'>;

/**
 * By how much each chain takes longer than its profiles say. A fit can be too optimistic where little has been measured,
 * and a plan that rests on it would miss the SLO by a little for as long as the fit takes to notice. So where a chain
 * eats into the margin of its SLO steadily, its planned latency is multiplied by what was measured over what was expected
 * of the same load and capacity; the smaller of two stretches counts, so that a single bad minute does not.
 */
export function corrections(
  parts: CorrectionParts,
  observation: Observation,
  request: PlanRequest,
  before: ReadonlyMap<string, Correction>,
): ReadonlyMap<string, Correction> {
  const { atSeconds } = observation;
  const found = shortfalls(parts, observation, request);
  const chains = new Set([...before.keys(), ...found.keys()]);
  return new Map(
    [...chains].map((chain) => {
      const factor = Math.max(faded(before.get(chain), atSeconds), found.get(chain) ?? 1);
      return [chain, { factor, atSeconds }];
    }),
  );
}

function faded(correction: Correction | undefined, atSeconds: number): number {
  if (correction === undefined) return 1;
  const age = Math.max(0, atSeconds - correction.atSeconds);
  return 1 + (correction.factor - 1) * 0.5 ** (age / HALF_LIFE_SECONDS);
}

function shortfalls(
  { planner, settings, capacities }: CorrectionParts,
  { chains }: Observation,
  request: PlanRequest,
): ReadonlyMap<string, number> {
  const target = (chain: string) =>
    (settings.topology.chains.get(chain)?.slo.latencySeconds ?? Number.POSITIVE_INFINITY) *
    (1 - settings.allocation.sloMargin);
  const late = [...chains.values()].filter(
    ({ id, settled }) => settled.length > 0 && settled.every(({ latency }) => latency > target(id)),
  );
  if (late.length === 0) return new Map();
  const ratios = new Map<string, number>();
  for (const stretch of [0, 1]) {
    const measured = new Map(
      [...chains.values()].flatMap(({ id, settled }) => measuredAt(id, settled[stretch])),
    );
    const loads = new Map([...request.loads, ...[...measured].map(([id, { rate }]) => [id, rate] as const)]);
    const inForce = new Map(
      [...settings.topology.services.keys()].map((id) => [id, capacities.inForce(id)!]),
    );
    const expected = planner.evaluate({ ...request, loads, corrections: new Map() }, inForce);
    for (const { id } of late) {
      const ratio = (measured.get(id)?.latency ?? 0) / (expected.get(id) ?? Number.POSITIVE_INFINITY);
      ratios.set(id, Math.min(ratios.get(id) ?? Number.POSITIVE_INFINITY, ratio));
    }
  }
  return new Map([...ratios].filter(([, ratio]) => ratio <= LARGEST_CORRECTION));
}

function measuredAt(id: string, traffic: MeasuredTraffic | undefined): [string, MeasuredTraffic][] {
  return traffic === undefined ? [] : [[id, traffic]];
}
