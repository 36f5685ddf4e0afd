import type { CapacityInForce } from '../models/data-models.ts';
import type { ForecastOutcome } from '../models/forecasts.ts';
import { MEMORY_HEADROOM } from '../models/plans.ts';
import type { PlanRequest } from '../models/ports.ts';
import type { Observation } from './observe/observation.ts';
import type { ControlParts } from './parts.ts';

/** Memory is planned for what was used within this long, s. */
const WORKING_SET_SECONDS = 2 * 3600;

/** Measurements of a shorter time say nothing of how little memory will do, s. */
const LEAST_SPAN_SECONDS = 1800;

/** Time until a change has taken effect: new instances start and old ones drain, s. */
const ACTUATION_SECONDS = 60;

/**
 * A 0.95 quantile needs 19 past errors to be read off them. With fewer the forecast's interval tells of our ignorance and
 * not of the traffic: capacity is not held for that, an early pass answers a jump.
 */
export const LEAST_ORIGINS = 19;

/** Steps that a plan must carry: until the next pass has taken effect, at most the horizon. */
export function leadSteps({ control, prediction }: ControlParts['settings']): number {
  const steps = Math.ceil((control.interval + ACTUATION_SECONDS) / prediction.step);
  return Math.min(prediction.predictionHorizon, Math.max(1, steps));
}

/**
 * What is planned for: of each chain the larger of what it carries now and the upper quantile of what is to come. So
 * a forecast only ever raises an allocation above what current load needs. Where no memory was measured it stays as it
 * is, and where we only recommend, as it was recommended last.
 */
export function planRequest(
  parts: Pick<ControlParts, 'settings' | 'capacities' | 'usage' | 'memory' | 'targets'>,
  observation: Observation,
  forecasts: ReadonlyMap<string, ForecastOutcome>,
): PlanRequest {
  const { settings, capacities } = parts;
  const recommended = parts.memory.recommendations();
  const loads = new Map<string, number>();
  for (const [chain, { load }] of observation.chains) {
    const planned = plannedLoad(load, forecasts.get(chain));
    if (planned !== undefined) loads.set(chain, planned);
  }
  const present = [...settings.topology.services.values()].map(({ id, mode }): [string, CapacityInForce] => {
    const inForce = capacities.inForce(id)!;
    const last = mode === 'recommend' ? recommended.get(id) : undefined;
    return [id, { ...inForce, memory: last?.memory ?? inForce.memory }];
  });
  return {
    topology: settings.topology,
    ...(settings.control.caps !== undefined && { caps: settings.control.caps }),
    loads,
    capacities: new Map(present),
    workingSets: new Map(
      present.flatMap(([id, { memory }]) => {
        const measured = workingSetWithKills(parts, id, memory, observation.atSeconds);
        return measured === undefined ? [] : [[id, measured] as const];
      }),
    ),
  };
}

/** An instance that was killed for its memory has shown that it needs more than what it had, whatever was measured. */
function workingSetWithKills(
  parts: Pick<ControlParts, 'settings' | 'usage' | 'targets'>,
  service: string,
  presentMebibytes: number,
  atSeconds: number,
): number | undefined {
  const measured = workingSet(parts, service, presentMebibytes, atSeconds);
  const floor = parts.targets.oomFloor(service, atSeconds);
  return floor === undefined ? measured : Math.max(measured ?? 0, floor / MEMORY_HEADROOM);
}

/**
 * The working set that memory is planned for. More than there is counts at once, and so does a measurement above all of
 * it; less counts only when it was measured for long enough.
 */
function workingSet(
  { usage, settings }: Pick<ControlParts, 'settings' | 'usage'>,
  service: string,
  presentMebibytes: number,
  atSeconds: number,
): number | undefined {
  const measured = usage.workingSet(service, atSeconds - WORKING_SET_SECONDS, atSeconds);
  if (measured === undefined || atSeconds - measured.newestSeconds > settings.control.staleAfter)
    return undefined;
  const { percentile95, newest, spanSeconds } = measured;
  const wanted = newest > presentMebibytes ? Math.max(percentile95, newest) : percentile95;
  return spanSeconds >= LEAST_SPAN_SECONDS || wanted * MEMORY_HEADROOM > presentMebibytes
    ? wanted
    : undefined;
}

function plannedLoad(current: number | undefined, forecast: ForecastOutcome | undefined): number | undefined {
  const isFounded = forecast?.kind === 'forecast' && forecast.maximumOrigins >= LEAST_ORIGINS;
  const ahead = isFounded ? forecast.maximum95 : undefined;
  if (ahead === undefined || !Number.isFinite(ahead)) return current;
  return current === undefined ? undefined : Math.max(current, ahead);
}
