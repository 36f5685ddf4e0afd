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

  /**
   * a, the work of a period in units of m; Infinity without work. That of one instance where visits go to any of them, of
   * all together where a visit finds whichever has quota left; `pooling` is the power of their number that counts.
   */
  worksInPeriod(instances: number): number {
    const work = this.workOf(instances);
    const pooled = this.demand / instances ** (1 - this.#pooling);
    return work > 0 ? (pooled * PERIOD_SECONDS) / work : Number.POSITIVE_INFINITY;
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
