/** Names in addresses and bodies are looked up in the topology in force. */
import type { Daemon } from '../models/daemon.ts';
import type { ServiceSpec } from '../models/data-models.ts';
import { oneOf, show } from './faults.ts';
import { ProblemError } from './problems.ts';

/** Throws a 404 problem with the known names. */
export function requireService(daemon: Daemon, name: string): ServiceSpec {
  const { services } = daemon.settings.topology;
  const spec = services.get(name);
  if (spec !== undefined) return spec;
  const fault = {
    where: 'service',
    found: `the unknown service ${show(name)}`,
    allowed: oneOf(services.keys(), name),
  };
  throw ProblemError.ofFaults('unknown-service', [fault]);
}
