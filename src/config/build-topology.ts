import type { ServiceSpec, Slo, Stage, Topology } from '../models/data-models.ts';
import { waysThrough } from './chain-ways.ts';
import type { ConfigFile } from './schema.ts';
import { servicesByChain } from './services-by-chain.ts';

type FileService = ConfigFile['services'][string];
type FileSlo = ConfigFile['slos'][string];
type FileChain = ConfigFile['chains'][string];

/** Services in the order of the file, chains in the order of their SLOs. */
export function buildTopology(file: ConfigFile): Topology {
  const services = Object.entries(file.services).map(([id, service]) => buildService(id, service));
  const graphs = new Map(Object.entries(file.chains));
  const lines = servicesByChain(Object.entries(file.services));
  const chains = Object.entries(file.slos).map(([id, slo]) => {
    const graph = graphs.get(id);
    const stages = graph === undefined ? line(lines.get(id) ?? []) : buildStages(graph);
    return { id, slo: buildSlo(slo), stages };
  });
  return {
    services: new Map(services.map((service) => [service.id, service])),
    chains: new Map(chains.map((chain) => [chain.id, chain])),
  };
}

function buildService(id: string, service: FileService): ServiceSpec {
  return {
    id,
    chains: service.chains,
    minCpu: service.min_cpu,
    maxCpu: service.max_cpu,
    minMemory: service.min_memory,
    maxMemory: service.max_memory,
    minInstances: service.min_instances,
    maxInstances: service.max_instances,
    parallelism: service.parallelism ?? service.max_cpu,
    mode: service.mode,
    limits: service.limits,
    initial: {
      cpu: service.initial.cpu ?? service.max_cpu,
      memory: service.initial.memory ?? service.max_memory,
      instances: service.initial.instances ?? service.min_instances,
    },
    ...(service.namespace === undefined ? {} : { namespace: service.namespace }),
    ...(service.deployment === undefined ? {} : { deployment: service.deployment }),
    ...(service.container === undefined ? {} : { container: service.container }),
  };
}

function buildSlo(slo: FileSlo): Slo {
  return {
    latencySeconds: slo.latency,
    percentile: slo.percentile,
    objective: slo.objective ?? slo.percentile,
    priority: slo.priority,
  };
}

function buildStages({ stages, visits }: FileChain): readonly Stage[] {
  const visitsOf = new Map(Object.entries(visits));
  return stages.map((stage) => waysThrough(stage, (service) => visitsOf.get(service) ?? 1));
}

/** The services that list the chain, one after the other. */
function line(services: readonly string[]): readonly Stage[] {
  return services.map((service) => [[{ service, visits: 1 }]]);
}
