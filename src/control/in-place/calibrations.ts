import { type ChainSpec, type ResourceAllocation, visitsByService } from '../../models/data-models.ts';
import { inPlaceParts } from '../../models/in-place.ts';
import type { PlanRequest } from '../../models/ports.ts';
import { lateness } from '../learn.ts';
import { errorRatio, LEAST_REQUESTS, trafficByChain } from '../observe/chain-traffic.ts';
import { measuredTraffic } from '../observe/chain-violation.ts';
import { readMetrics } from '../observe/read-metrics.ts';
import type { ControlParts } from '../parts.ts';
import { LatencyCalibration } from './latency-calibration.ts';

const MINUTE = 60;

/** Requests that a percentile of a minute needs to be compared with a plan. */
const ENOUGH_REQUESTS = 2 * LEAST_REQUESTS;

/** Share of an objective from which on a minute counts as one that nearly missed it. */
const NEARLY = 0.9;

type Parts = Pick<ControlParts, 'traffic' | 'settings' | 'capacities' | 'planner' | 'memory' | 'nearLoads'>;

/** Of every chain whose services are all resized in place, how its latency stands to what its profiles say. */
export class Calibrations {
  readonly #chains = new Map<string, LatencyCalibration>();
  /** What was planned for by the passes of the last minute, the oldest first. */
  #planned: { readonly atSeconds: number; readonly loads: ReadonlyMap<string, number> }[] = [];

  /** Compares the last minute with what its capacity promised for the loads that were planned. Answers the factors by chain. */
  update(parts: Parts, request: PlanRequest, atSeconds: number): ReadonlyMap<string, number> {
    const { topology } = parts.settings;
    const chains = [...topology.chains.values()].filter(({ id }) => inPlaceParts(topology).chains.has(id));
    for (const id of this.#chains.keys()) if (!topology.chains.has(id)) this.#chains.delete(id);
    if (chains.length === 0) return new Map();
    this.#compare(parts, request, chains, atSeconds);
    return new Map(chains.map(({ id }) => [id, this.#chains.get(id)?.factor(atSeconds) ?? 1]));
  }

  #compare(parts: Parts, request: PlanRequest, chains: readonly ChainSpec[], atSeconds: number): void {
    const untilSeconds = atSeconds - lateness(parts.settings);
    const traffic = trafficByChain(readMetrics(parts, MINUTE, untilSeconds), parts.settings.topology);
    const capacities = meanCapacities(parts, untilSeconds - MINUTE, untilSeconds);
    const measured = new Map(
      chains.flatMap(({ id }) => {
        const all = traffic.get(id);
        const of = measuredTraffic(all);
        return of === undefined || (errorRatio(all!) ?? 0) > parts.settings.control.maxErrorRatio
          ? []
          : [[id, of] as const];
      }),
    );
    const loads = this.#plannedLoads(parts, request, atSeconds);
    const expected = parts.planner.evaluate({ ...request, loads, corrections: new Map() }, capacities);
    for (const chain of chains) {
      const { rate = 0, latency = Number.NaN } = measured.get(chain.id) ?? {};
      const ratio = latency / (expected.get(chain.id) ?? Number.NaN);
      if (rate * MINUTE >= ENOUGH_REQUESTS && latency > NEARLY * chain.slo.latencySeconds)
        parts.nearLoads.miss(chain.id, atSeconds, loads.get(chain.id) ?? 0);
      const isKnown = [...visitsByService(chain).keys()].every((service) => capacities.has(service));
      if (isKnown && rate * MINUTE >= ENOUGH_REQUESTS && Number.isFinite(ratio))
        this.#of(chain.id).note(atSeconds, ratio);
    }
  }

  /** Means over the passes of the last minute, requests/s by chain. */
  #plannedLoads({ memory }: Parts, request: PlanRequest, atSeconds: number): ReadonlyMap<string, number> {
    const last = memory.request?.loads;
    if (last !== undefined) this.#planned.push({ atSeconds, loads: last });
    this.#planned = this.#planned.filter((one) => Math.abs(atSeconds - one.atSeconds) < MINUTE);
    return new Map(
      [...request.loads].map(([chain, load]) => {
        const planned = this.#planned.flatMap(({ loads }) => loads.get(chain) ?? []);
        const sum = planned.reduce((total, one) => total + one, 0);
        return [chain, planned.length === 0 ? load : sum / planned.length];
      }),
    );
  }

  #of(chain: string): LatencyCalibration {
    const known = this.#chains.get(chain) ?? new LatencyCalibration();
    this.#chains.set(chain, known);
    return known;
  }
}

function meanCapacities(
  { capacities, settings }: Parts,
  fromSeconds: number,
  toSeconds: number,
): ReadonlyMap<string, ResourceAllocation> {
  return new Map(
    [...settings.topology.services.keys()].flatMap((service) => {
      const capacity = capacities.meanOver(service, fromSeconds, toSeconds);
      return capacity === undefined ? [] : [[service, capacity] as const];
    }),
  );
}
