import { type Topology, visitsByService } from '../../models/data-models.ts';
import type { TrafficMetrics } from '../../models/metrics.ts';
import type { ChainTraffic } from './chain-traffic.ts';

/** Expected records of a service below which their absence may be chance (Poisson: under 0.01 %). */
const SILENCE_IN_RECORDS = 10;

/** Services of a chain that tell nothing of it while the others do. */
export function silentServices(traffic: ChainTraffic | undefined): ReadonlySet<string> {
  if (traffic === undefined) return new Set();
  const visits = [...visitsByService(traffic.spec)];
  const requests = Math.max(
    traffic.endToEnd?.requests ?? 0,
    ...visits.map(([service, each]) => (traffic.services.get(service)?.requests ?? 0) / each),
  );
  const silent = visits.filter(
    ([service, each]) => !traffic.services.has(service) && requests * each >= SILENCE_IN_RECORDS,
  );
  return new Set(silent.map(([service]) => service));
}

/** The first chain that each service carries without being configured for it. */
export function unlistedChains(metrics: TrafficMetrics, topology: Topology): ReadonlyMap<string, string> {
  const unlisted = new Map<string, string>();
  for (const { service = '', chain } of metrics.services) {
    const spec = topology.services.get(service);
    if (spec !== undefined && !spec.chains.includes(chain)) unlisted.set(service, chain);
  }
  return unlisted;
}
