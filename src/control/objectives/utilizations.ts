import type { ObjectiveMetrics } from '../../models/daemon.ts';
import type { ServiceSpec } from '../../models/data-models.ts';
import { readMetrics } from '../observe/read-metrics.ts';
import type { ControlParts } from '../parts.ts';

/** Use older than this says nothing of now, s. */
const FRESH_SECONDS = 300;

type Parts = Pick<ControlParts, 'traffic' | 'settings' | 'profiles' | 'capacities' | 'usage'>;
type Utilization = ObjectiveMetrics['utilization'][number];

/** Used over allocated, of the services of which the use is known: measured where it was told, else estimated. */
export function utilizations(parts: Parts, now: number): readonly Utilization[] {
  const services = [...parts.settings.topology.services.values()];
  const demands = estimatedDemands(parts, now);
  const known = [
    ratio('cpu', 'measured', services, (spec) =>
      cpuParts(parts, spec, parts.usage.meanCpu(spec.id, now - FRESH_SECONDS, now + 1)),
    ),
    ratio('cpu', 'estimated', services, (spec) => cpuParts(parts, spec, demands.get(spec.id))),
    ratio('memory', 'measured', services, (spec) => memoryParts(parts, spec, now)),
  ];
  return known.filter((entry) => entry !== undefined);
}

/** Used and allocated of one service; undefined when the use is not known. */
type UsedAndAllocated = readonly [used: number, allocated: number] | undefined;

function ratio(
  resource: Utilization['resource'],
  source: Utilization['source'],
  services: readonly ServiceSpec[],
  partsOf: (spec: ServiceSpec) => UsedAndAllocated,
): Utilization | undefined {
  const known = services.map(partsOf).filter((entry) => entry !== undefined);
  const used = known.reduce((sum, [part]) => sum + part, 0);
  const allocated = known.reduce((sum, [, part]) => sum + part, 0);
  return allocated > 0 ? { resource, source, ratio: used / allocated } : undefined;
}

function cpuParts({ capacities }: Parts, spec: ServiceSpec, used: number | undefined): UsedAndAllocated {
  const capacity = capacities.inForce(spec.id);
  return used === undefined || capacity === undefined ? undefined : [used, capacity.cpu * capacity.instances];
}

function memoryParts({ capacities, usage }: Parts, spec: ServiceSpec, now: number): UsedAndAllocated {
  const sample = usage.latest(spec.id);
  const capacity = capacities.inForce(spec.id);
  if (sample?.memory === undefined || capacity === undefined || sample.atSeconds < now - FRESH_SECONDS)
    return undefined;
  return [sample.memory * capacity.instances, capacity.memory * capacity.instances];
}

/** D of each service with a profile for all of its present traffic, cores. */
function estimatedDemands(parts: Parts, now: number): ReadonlyMap<string, number> {
  const demands = new Map<string, number>();
  const { services, fromSeconds, toSeconds } = readMetrics(parts, FRESH_SECONDS, now);
  for (const { service = '', chain, requests } of services) {
    const ratePerSecond = requests / (toSeconds - fromSeconds);
    const profile = parts.profiles.profile(service, chain);
    const demand = profile.kind === 'profile' ? ratePerSecond * profile.demandCoreSeconds : Number.NaN;
    const baseline = profile.kind === 'profile' ? (profile.baselineCores ?? 0) : 0;
    demands.set(service, (demands.get(service) ?? baseline) + demand);
  }
  return new Map([...demands].filter(([, demand]) => Number.isFinite(demand)));
}
