import type { ServiceSpec, Topology } from '../../models/data-models.ts';
import type { AllocationSettings, ControlSettings, Settings } from '../../models/settings.ts';

/** How cautiously a service is steered: what a change of it costs depends on its mode. */
export interface Steering extends Pick<ControlSettings, 'stabilization' | 'minDecrease'> {
  /** What a decrease did is watched for this long before the next one, s. */
  readonly effect: number;
}

/** Latencies of the new size come in at once. */
const EFFECT_SECONDS = 30;

export function steeringOf({ mode }: ServiceSpec, { control }: Pick<Settings, 'control'>): Steering {
  if (mode !== 'in-place') return { ...control, effect: control.stabilization };
  return { ...control.inPlace, effect: Math.min(EFFECT_SECONDS, control.inPlace.stabilization) };
}

/** The grid of an instance's cpu, cores. */
export function quantumOf({ mode }: ServiceSpec, allocation: AllocationSettings): number {
  return mode === 'in-place' ? allocation.inPlaceQuantum : allocation.cpuQuantum;
}

/** In place the next step is seconds away: there is no need for a large one. */
const IN_PLACE_GROWTH = 1.5;

/** Most that a service of a chain over its SLO grows by beyond the plan, as a factor. */
export function growthOf({ mode }: ServiceSpec, { control }: Pick<Settings, 'control'>): number {
  return mode === 'in-place' ? Math.min(IN_PLACE_GROWTH, control.largestStep) : control.largestStep;
}

/** Most that one pass shrinks a service by, as a factor: in place, what was too much comes back with the next one. */
export function stepOf({ mode }: ServiceSpec, { control }: Pick<Settings, 'control'>): number {
  return mode === 'in-place' ? control.largestStep ** 2 : control.largestStep;
}

export function anyInPlace({ services }: Topology): boolean {
  return [...services.values()].some(({ mode }) => mode === 'in-place');
}
