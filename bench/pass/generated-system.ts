import { join } from 'node:path';
import { loadSettings } from '../../src/config/load.ts';
import type { ChainSpec, ServiceMode, ServiceSpec, Topology } from '../../src/models/data-models.ts';
import type { Random } from '../../src/models/ports.ts';
import type { Settings } from '../../src/models/settings.ts';

/** Chains of two to five services in sequence, one stage in four with two branches; popular services are shared most. */
export function topologyOf(
  serviceCount: number,
  chainCount: number,
  random: Random,
  mode: ServiceMode = 'recommend',
): Topology {
  const popular = () => `service-${Math.floor(serviceCount * random() ** 1.5)}`;
  const chains = Array.from({ length: chainCount }, (_, index): ChainSpec => {
    const names = [...new Set(Array.from({ length: 2 + Math.floor(random() * 4) }, popular))];
    const visits = names.map((service) => ({ service, visits: 1 }));
    const parallel = visits.length > 3 && random() < 0.25;
    const stages = parallel
      ? [[visits.slice(0, 1)], [visits.slice(1, 2), visits.slice(2)]]
      : visits.map((visit) => [[visit]]);
    // Little more than the services need with plenty of capacity, so that the SLOs decide about the plan.
    const latencySeconds = 0.02 + 0.045 * visits.length;
    return {
      id: `chain-${index}`,
      stages,
      slo: { latencySeconds, percentile: 0.95, objective: 0.95, priority: 1 },
    };
  });
  const passing = new Map<string, string[]>();
  for (const chain of chains) {
    for (const { service } of chain.stages.flat(2))
      passing.set(service, [...(passing.get(service) ?? []), chain.id]);
  }
  const services = [...passing].map(([id, of]) => [id, serviceOf(id, of, mode)] as const);
  return { services: new Map(services), chains: new Map(chains.map((chain) => [chain.id, chain])) };
}

function serviceOf(id: string, chains: readonly string[], mode: ServiceMode): ServiceSpec {
  return {
    id,
    chains,
    minCpu: 0.1,
    maxCpu: 4,
    minMemory: 128,
    maxMemory: 8192,
    minInstances: 1,
    maxInstances: 10,
    parallelism: 4,
    mode,
    limits: 'follow',
    initial: { cpu: 4, memory: 1024, instances: 2 },
  };
}

/** The shipped settings with another topology and folder. */
export function settingsOf(topology: Topology, folder: string): Settings {
  const file = join(import.meta.dirname, '../../config/config.yaml');
  const settings = loadSettings({ file, flags: {}, environment: {} });
  return { ...settings, topology, store: { ...settings.store, path: folder } };
}

/** The same system as a configuration file says it. */
export function configOf({ services, chains }: Topology) {
  return {
    services: Object.fromEntries(
      [...services.values()].map((service) => [
        service.id,
        {
          chains: service.chains,
          min_cpu: service.minCpu,
          max_cpu: service.maxCpu,
          min_memory: service.minMemory,
          max_memory: service.maxMemory,
          initial: service.initial,
        },
      ]),
    ),
    slos: Object.fromEntries([...chains.values()].map(({ id, slo }) => [id, slo.latencySeconds])),
    chains: Object.fromEntries(
      [...chains.values()].map(({ id, stages }) => [
        id,
        {
          stages: stages.map((stage) => stage.map((branch) => branch.map(({ service }) => service))),
        },
      ]),
    ),
  };
}
