import type { ChainSpec, ServiceSpec, Stage, Topology } from '../../../src/models/data-models.ts';

/** A clock that stands still until it is set. */
export class ManualClock {
  seconds: number;

  constructor(seconds: number) {
    this.seconds = seconds;
  }

  nowSeconds(): number {
    return this.seconds;
  }
}

/** A multiple of 60 s, and of an hour. */
export const NOON = 1_700_006_400;

/** Services with the chains they list; chains with their stages. */
export function topologyOf(
  services: Readonly<Record<string, readonly string[]>>,
  chains: Readonly<Record<string, readonly Stage[]>>,
): Topology {
  return {
    services: new Map(Object.entries(services).map(([id, list]) => [id, serviceSpec(id, list)])),
    chains: new Map(Object.entries(chains).map(([id, stages]) => [id, chainSpec(id, stages)])),
  };
}

/** One stage with one branch of one service. */
export function stage(service: string, visits = 1): Stage {
  return [[{ service, visits }]];
}

function serviceSpec(id: string, chains: readonly string[]): ServiceSpec {
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
    mode: 'recommend',
    limits: 'follow',
    initial: { cpu: 4, memory: 8192, instances: 1 },
  };
}

function chainSpec(id: string, stages: readonly Stage[]): ChainSpec {
  return { id, stages, slo: { latencySeconds: 0.5, percentile: 0.95, objective: 0.99, priority: 1 } };
}
