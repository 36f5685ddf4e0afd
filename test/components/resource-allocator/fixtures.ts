import type { ProfileReader } from '../../../src/components/resource-allocator/learned-chains.ts';
import type { ChainSpec, ServiceSpec, Stage, Topology } from '../../../src/models/data-models.ts';
import type { PlanningChain, PlanningService, PlanningVisit } from '../../../src/models/plans.ts';
import type { PlanRequest } from '../../../src/models/ports.ts';
import type { Composition, LatencyProfile } from '../../../src/models/profiles.ts';

export function service(id: string, changes: Partial<PlanningService> = {}): PlanningService {
  return {
    id,
    pricePerCore: 100,
    pricePerMebibyte: 0,
    instanceCost: 0,
    minCpu: 0.1,
    maxCpu: 4,
    minInstances: 1,
    maxInstances: 10,
    parallelism: 4,
    quantum: 0.05,
    exponent: 1,
    verticalExponent: 0,
    memory: 128,
    ...changes,
  };
}

export function visit(id: string, changes: Partial<PlanningVisit> = {}): PlanningVisit {
  return { service: id, visits: 1, demand: 0.01, floor: 0.01, queueing: 0.02, ...changes };
}

export function chain(
  id: string,
  stages: PlanningChain['stages'],
  changes: Partial<PlanningChain> = {},
): PlanningChain {
  return {
    id,
    sloSeconds: 0.1,
    priority: 1,
    rate: 100,
    composition: 1,
    overheadSeconds: 0,
    stages,
    ...changes,
  };
}

export function spec(id: string, chains: readonly string[], changes: Partial<ServiceSpec> = {}): ServiceSpec {
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
    ...changes,
  };
}

export function chainSpec(id: string, latencySeconds: number, stages: readonly Stage[]): ChainSpec {
  return { id, stages, slo: { latencySeconds, percentile: 0.95, objective: 0.95, priority: 1 } };
}

/** One visit to each, in sequence. */
export function line(...services: string[]): Stage[] {
  return services.map((id) => [[{ service: id, visits: 1 }]]);
}

/** The configuration that is shipped: DESIGN section 5. */
export function shippedTopology(): Topology {
  const services = [
    spec('auth-service', ['user-registration', 'order-processing']),
    spec('payment-service', ['order-processing', 'subscription-management']),
  ];
  const chains = [
    chainSpec('user-registration', 0.2, line('auth-service')),
    chainSpec('order-processing', 0.5, line('auth-service', 'payment-service')),
    chainSpec('subscription-management', 0.3, line('payment-service')),
  ];
  return {
    services: new Map(services.map((entry) => [entry.id, entry])),
    chains: new Map(chains.map((entry) => [entry.id, entry])),
  };
}

export function request(topology: Topology, loads: Readonly<Record<string, number>>): PlanRequest {
  return { topology, loads: new Map(Object.entries(loads)), capacities: new Map(), workingSets: new Map() };
}

export function profile(
  serviceId: string,
  chainId: string,
  changes: Partial<LatencyProfile> = {},
): LatencyProfile {
  return {
    kind: 'profile',
    service: serviceId,
    chain: chainId,
    percentile: 0.95,
    source: 'fitted',
    floorSeconds: 0.02,
    queueingSeconds: 0.03,
    exponent: 1,
    verticalExponent: 0,
    demandCoreSeconds: 0.01,
    demandInterval: [0.009, 0.011],
    demandSource: 'measured-cpu',
    upperFactor: 1,
    confidence: 1,
    residualSpread: 0.05,
    windows: 60,
    utilizationRange: [0.1, 0.8],
    updatedSeconds: 0,
    ...changes,
  };
}

const UNMEASURED: Composition = { factor: 1, overheadSeconds: 0, windows: 0 };

/** Knows every pair but those named `service/chain` in `unknown`. */
export function profilesWithout(
  unknown: readonly string[] = [],
  changes: Partial<LatencyProfile> = {},
  composition: Composition = UNMEASURED,
): ProfileReader {
  return {
    profile: (serviceId, chainId) =>
      unknown.includes(`${serviceId}/${chainId}`)
        ? { kind: 'not-enough-data', service: serviceId, chain: chainId, have: 0, need: 30 }
        : profile(serviceId, chainId, changes),
    composition: () => composition,
  };
}
