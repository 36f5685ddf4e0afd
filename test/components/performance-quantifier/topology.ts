import type { ChainSpec, ServiceSpec, Stage, Topology } from '../../../src/models/data-models.ts';

export function chainSpec(id: string, stages: readonly Stage[], percentile = 0.95): ChainSpec {
  return { id, stages, slo: { latencySeconds: 0.5, percentile, objective: 0.99, priority: 1 } };
}

export function serviceSpec(id: string, parallelism = 4): ServiceSpec {
  return {
    id,
    chains: [],
    minCpu: 0.1,
    maxCpu: 4,
    minMemory: 128,
    maxMemory: 8192,
    minInstances: 1,
    maxInstances: 10,
    parallelism,
    mode: 'recommend',
    limits: 'follow',
    initial: { cpu: 4, memory: 8192, instances: 1 },
  };
}

export function topologyOf(services: readonly ServiceSpec[], chains: readonly ChainSpec[]): Topology {
  return {
    services: new Map(services.map((service) => [service.id, service])),
    chains: new Map(chains.map((chain) => [chain.id, chain])),
  };
}
