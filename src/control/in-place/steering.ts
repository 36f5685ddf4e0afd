import type { ServiceSpec, Topology } from '../../models/data-models.ts';
import type { AllocationSettings, ControlSettings, Settings } from '../../models/settings.ts';

/** How cautiously a service is steered: what a change of it costs depends on its mode. */
export type Steering = Pick<ControlSettings, 'stabilization' | 'minDecrease'>;

export function steeringOf({ mode }: ServiceSpec, { control }: Pick<Settings, 'control'>): Steering {
  return mode === 'in-place' ? control.inPlace : control;
}

/** The grid of an instance's cpu, cores. */
export function quantumOf({ mode }: ServiceSpec, allocation: AllocationSettings): number {
  return mode === 'in-place' ? allocation.inPlaceQuantum : allocation.cpuQuantum;
}

export function anyInPlace({ services }: Topology): boolean {
  return [...services.values()].some(({ mode }) => mode === 'in-place');
}
