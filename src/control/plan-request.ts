import type { ForecastOutcome } from '../models/forecasts.ts';
import type { PlanRequest } from '../models/ports.ts';
import type { Observation } from './observe/observation.ts';
import type { ControlParts } from './parts.ts';

/** Memory is planned for what was used within this long, s. */
const WORKING_SET_SECONDS = 2 * 3600;

/** Time until a change has taken effect: new instances start and old ones drain, s. */
const ACTUATION_SECONDS = 60;

/**
 * A 0.95 quantile needs 19 past errors to be read off them. With fewer the forecast's interval tells of our ignorance and
 * not of the traffic: capacity is not held for that, an early pass answers a jump.
 */
const LEAST_ORIGINS = 19;

/** Steps that a plan must carry: until the next pass has taken effect, at most the horizon. */
export function leadSteps({ control, prediction }: ControlParts['settings']): number {
  const steps = Math.ceil((control.interval + ACTUATION_SECONDS) / prediction.step);
  return Math.min(prediction.predictionHorizon, Math.max(1, steps));
}

/**
 * What is planned for: of each chain the larger of what it carries now and the upper quantile of what is to come. So
 * a forecast only ever raises an allocation above what current load needs.
 */
export function planRequest(
  parts: Pick<ControlParts, 'settings' | 'capacities' | 'usage'>,
  observation: Observation,
  forecasts: ReadonlyMap<string, ForecastOutcome>,
): PlanRequest {
  const { settings, capacities, usage } = parts;
  const services = [...settings.topology.services.keys()];
  const loads = new Map<string, number>();
  for (const [chain, { load }] of observation.chains) {
    const planned = plannedLoad(load, forecasts.get(chain));
    if (planned !== undefined) loads.set(chain, planned);
  }
  return {
    topology: settings.topology,
    loads,
    capacities: new Map(services.map((id) => [id, capacities.inForce(id)!])),
    workingSets: new Map(
      services.flatMap((id) => {
        const memory = usage.workingSet(id, observation.atSeconds - WORKING_SET_SECONDS);
        return memory === undefined ? [] : [[id, memory] as const];
      }),
    ),
  };
}

function plannedLoad(current: number | undefined, forecast: ForecastOutcome | undefined): number | undefined {
  const isFounded = forecast?.kind === 'forecast' && forecast.maximumOrigins >= LEAST_ORIGINS;
  const ahead = isFounded ? forecast.maximum95 : undefined;
  if (ahead === undefined || !Number.isFinite(ahead)) return current;
  return current === undefined ? undefined : Math.max(current, ahead);
}
