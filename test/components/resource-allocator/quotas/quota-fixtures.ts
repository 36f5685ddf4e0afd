import type {
  QuotaChain,
  QuotaService,
  QuotaVisit,
} from '../../../../src/components/resource-allocator/quotas/quota-problem.ts';

/** One instance, on more cores than it needs. */
export function quotaService(id: string, changes: Partial<QuotaService> = {}): QuotaService {
  return {
    id,
    baselineCores: 0,
    minCpu: 0.05,
    maxCpu: 8,
    minInstances: 1,
    maxInstances: 1,
    parallelism: 64,
    pooling: 0.9,
    quantum: 0.01,
    instancePrice: 0,
    present: { cpu: 4, instances: 1 },
    isFixed: false,
    ...changes,
  };
}

export function quotaVisit(service: string, demand = 0.005, visits = 1): QuotaVisit {
  return { service, visits, demand };
}

export function quotaChain(
  id: string,
  visits: readonly QuotaVisit[],
  changes: Partial<Omit<QuotaChain, 'visits'>> = {},
): QuotaChain {
  return { id, rate: 100, slackSeconds: 0.1, budget: 0.03, visits, ...changes };
}
