import { DynamicResourceAllocator } from '../../../../src/components/resource-allocator/resource-allocator.ts';
import type {
  CapacityInForce,
  ResourceAllocation,
  ServiceMode,
  Topology,
} from '../../../../src/models/data-models.ts';
import type { PlanOutcome, PlanRequest } from '../../../../src/models/ports.ts';
import type { AllocationSettings } from '../../../../src/models/settings.ts';
import { profilesWithout, request, shippedTopology } from '../fixtures.ts';

const ALLOCATION: AllocationSettings = {
  pricePerCore: 100,
  pricePerMebibyte: 0.1,
  instanceCost: 0,
  cpuQuantum: 0.05,
  inPlaceQuantum: 0.01,
  sloMargin: 0.1,
  inPlaceMargin: 0.2,
  inPlacePooling: 0.9,
  maxUtilization: 0.8,
  inPlaceUtilization: 0.95,
  riskFactor: 0.5,
};
export const LOADS = { 'user-registration': 40, 'order-processing': 60, 'subscription-management': 80 };
/** Latency when nobody waits, s. */
export const BASE = 0.06;
/** Cores with which some wait: 1 and 1.4 of them are used. */
export const SIZES = { 'auth-service': 1.3, 'payment-service': 1.7 };

export function topologyIn(modes: Partial<Record<string, ServiceMode>> = {}): Topology {
  const { services, chains } = shippedTopology();
  const changed = [...services.values()].map((service) => ({
    ...service,
    parallelism: 64,
    mode: modes[service.id] ?? ('in-place' as const),
  }));
  return { services: new Map(changed.map((service) => [service.id, service])), chains };
}

/** With what was measured: latencies without waiting, and memory. */
export function asked(changes: Partial<PlanRequest> = {}, topology = topologyIn()): PlanRequest {
  return {
    ...request(topology, LOADS),
    workingSets: new Map([...topology.services.keys()].map((id) => [id, 100])),
    slowness: new Map([...topology.chains.keys()].map((id) => [id, { baseSeconds: BASE, factor: 1 }])),
    ...changes,
  };
}

export function allocatorWith(
  settings: Partial<AllocationSettings> = {},
  unknown: readonly string[] = [],
): DynamicResourceAllocator {
  const monitor = {
    getMetrics: () => ({ fromSeconds: 0, toSeconds: 0, services: [], endToEnd: [] }),
    chainSeries: () => {
      throw new Error('nobody asks for it');
    },
  };
  return new DynamicResourceAllocator(monitor, { predict: async () => [] }, profilesWithout(unknown), {
    allocation: { ...ALLOCATION, ...settings },
  });
}

export const shapesOf = ({ plan }: PlanOutcome): Map<string, ResourceAllocation> =>
  new Map(plan.services.map(({ id, cpu, memory, instances }) => [id, { cpu, memory, instances }]));

export const coresOf = (outcome: PlanOutcome): Record<string, number> =>
  Object.fromEntries(outcome.plan.services.map(({ id, cpu, instances }) => [id, cpu * instances]));

export const sizes = (cpu: Readonly<Record<string, number>>): Map<string, ResourceAllocation> =>
  new Map(Object.entries(cpu).map(([id, each]) => [id, { cpu: each, memory: 128, instances: 1 }]));

export function inForce(cpu: number, cpuLimit?: number): ReadonlyMap<string, CapacityInForce> {
  const capacity: CapacityInForce = {
    cpu,
    memory: 128,
    instances: 1,
    source: 'cluster',
    sinceSeconds: 0,
    ...(cpuLimit !== undefined && { cpuLimit }),
  };
  return new Map(Object.keys(SIZES).map((id) => [id, capacity]));
}
