import type { QuotaChain, QuotaService } from './quota-problem.ts';
import { PERIOD_SECONDS } from './throttling-delay.ts';

/** Squared coefficient of variation of a visit's CPU: lognormal with σ between 0.6 and 0.7. */
const VARIATION = 0.5;

export interface ChainVisits {
  readonly chain: number;
  readonly visits: number;
}

/** What all chains together bring to a service at the rates of the problem. */
export class ServiceLoad {
  /** D, cores. */
  demand: number;
  readonly chains: ChainVisits[] = [];
  /** Σ λ·v·d²·(1 + c²) and Σ λ·v·(v − 1)·d²: second moments of what single visits, and the others of a request, bring. */
  #single = 0;
  #together = 0;
  readonly #baseline: number;
  readonly #pooling: number;

  constructor({ baselineCores, pooling }: QuotaService) {
    this.demand = baselineCores;
    this.#baseline = baselineCores;
    this.#pooling = pooling;
  }

  add(chain: number, rate: number, visits: number, demand: number): void {
    this.demand += rate * visits * demand;
    this.#single += rate * visits * demand ** 2 * (1 + VARIATION);
    this.#together += rate * visits * Math.max(0, visits - 1) * demand ** 2;
    this.chains.push({ chain, visits });
  }

  /**
   * m = E[W²]/E[W] of what comes at an instance at a time, core-seconds. Requests' visits to a service come nearly together, as
   * many of them to one instance as it has of all.
   */
  workOf(instances: number): number {
    const requests = this.demand - this.#baseline;
    return requests > 0 ? (this.#single + this.#together / instances) / requests : 0;
  }

  /** The work of a period of one instance, in units of m; Infinity without work. */
  worksAlone(instances: number): number {
    const work = this.workOf(instances);
    return work > 0 ? ((this.demand / instances) * PERIOD_SECONDS) / work : Number.POSITIVE_INFINITY;
  }

  /**
   * a, the work of a period that shares a quota, in units of m. That of one instance where visits go to any of them; where a
   * visit finds one that has quota left, their number counts with a power of up to `pooling`, but the less the fewer
   * visits there are in a period: alone in an instance, a visit is delayed by nothing but itself. The form and `pooling` are
   * fitted to the simulator (bench/quotas.ts).
   */
  worksInPeriod(instances: number): number {
    const alone = this.worksAlone(instances);
    if (alone === Number.POSITIVE_INFINITY) return alone;
    return alone * instances ** ((this.#pooling * alone) / (1 + alone));
  }
}

/** By service, in its order. */
export function serviceLoads(
  services: readonly QuotaService[],
  chains: readonly QuotaChain[],
): readonly ServiceLoad[] {
  const loads = services.map((service) => new ServiceLoad(service));
  const places = new Map(services.map(({ id }, place) => [id, place]));
  for (const [chain, { rate, visits }] of chains.entries()) {
    for (const { service, visits: count, demand } of visits) {
      const place = places.get(service);
      if (place !== undefined && demand > 0) loads[place]!.add(chain, rate, count, demand);
    }
  }
  return loads;
}
