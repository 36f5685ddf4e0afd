import { planQuotas } from './plan-quotas.ts';
import type { QuotaService } from './quota-problem.ts';
import type { QuotaRequest } from './quota-request.ts';

/** What one more instance must save of the cost of a surge: it costs as long as none comes. */
const WORTH_AN_INSTANCE = 0.2;

/**
 * The services with as many instances as they need when loads surge: quotas follow in seconds, instances must be
 * there.
 *
 * @param surges by chain, requests/s; absent: its rate
 */
export function enoughForSurges(
  { services, chains }: Pick<QuotaRequest, 'services' | 'chains'>,
  surges: ReadonlyMap<string, number> | undefined,
  highest: number,
): readonly QuotaService[] {
  if (surges === undefined || surges.size === 0) return services;
  const surging = chains.map((chain) => ({
    ...chain,
    rate: Math.max(chain.rate, surges.get(chain.id) ?? 0),
  }));
  const affected = new Set(
    chains.flatMap(({ id, visits }) => (surges.has(id) ? visits.map(({ service }) => service) : [])),
  );
  const { shapes } = planQuotas(services, surging, {
    highest,
    worthAnInstance: WORTH_AN_INSTANCE,
  });
  return services.map((service) => {
    const { instances } = shapes.get(service.id)!;
    if (service.isFixed || !affected.has(service.id)) return service;
    // One more than that stays: neither the surge nor the time between two is a reason to start or stop one.
    const number = service.present.instances === instances + 1 ? instances + 1 : instances;
    const planned = Math.min(number, service.maxInstances);
    return { ...service, minInstances: planned, maxInstances: planned };
  });
}
