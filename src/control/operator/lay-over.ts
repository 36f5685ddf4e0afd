import type { OperatorState } from '../../models/daemon.ts';
import type { ServiceSpec } from '../../models/data-models.ts';
import type { Settings } from '../../models/settings.ts';

/**
 * The settings in force: those of the configuration with what a person set over them. Everything reads these alone, so
 * that nothing else needs to know that there are two sources. Modes of services that are not configured have no effect.
 */
export function layOver(configured: Settings, { paused, modes }: OperatorState): Settings {
  const { topology, control } = configured;
  const services = [...topology.services].map(([id, spec]): [string, ServiceSpec] => {
    const mode = modes.get(id);
    return [id, mode === undefined ? spec : { ...spec, mode }];
  });
  return {
    ...configured,
    control: paused === undefined ? control : { ...control, paused: true, pause: paused },
    topology: { ...topology, services: new Map(services) },
  };
}
