import type { SimulatedSystem } from '../simulator/system.ts';
import type { ChainScrape, MetricsView, Scrape, ServiceScrape } from './policy.ts';
import { TIMING, type Timing } from './timing.ts';

/** How far back policies may look, s. */
export const KEPT_SECONDS = 1200;

type PipelineTiming = Pick<Timing, 'scrapeInterval' | 'scrapeDelay'>;

/**
 * What stands between a system and its policies: a scrape of everything each interval, from 0 s on, that can be read only
 * after its delay. While it is out nothing is scraped; what was scraped before can still be read.
 */
export class MetricsPipeline implements MetricsView {
  readonly #system: SimulatedSystem;
  readonly #timing: PipelineTiming;
  /** Oldest first. */
  readonly #scrapes: Scrape[] = [];
  #next = 0;

  constructor(system: SimulatedSystem, timing: PipelineTiming = TIMING) {
    this.#system = system;
    this.#timing = timing;
  }

  get nextScrapeSeconds(): number {
    return this.#next * this.#timing.scrapeInterval;
  }

  /** To be called when the system is at `nextScrapeSeconds`. */
  scrape(out: boolean): void {
    this.#next++;
    if (out) return;
    this.#scrapes.push(scrapeOf(this.#system, this.#scrapes.at(-1)));
    while (this.#scrapes[0]!.atSeconds < this.#system.nowSeconds - KEPT_SECONDS) this.#scrapes.shift();
  }

  latest(): Scrape | undefined {
    return this.at(Infinity);
  }

  at(seconds: number): Scrape | undefined {
    const until = Math.min(seconds, this.#system.nowSeconds - this.#timing.scrapeDelay);
    return this.#scrapes.findLast(({ atSeconds }) => atSeconds <= until);
  }
}

function scrapeOf(system: SimulatedSystem, previous: Scrape | undefined): Scrape {
  const { services, chains } = system.application;
  return {
    atSeconds: system.nowSeconds,
    services: services.map((_, service) =>
      serviceScrape(system, service, chains.length, previous?.services[service]),
    ),
    chains: chains.map((_, chain) => chainScrape(system, chain, previous?.chains[chain])),
  };
}

function serviceScrape(
  system: SimulatedSystem,
  service: number,
  chainCount: number,
  previous: ServiceScrape | undefined,
): ServiceScrape {
  const byChain = <T>(read: (chain: number) => T): T[] =>
    Array.from({ length: chainCount }, (_, chain) => read(chain));
  const visits = byChain((chain) => system.visitsAt(service, chain));
  const same = (chain: number) => visits[chain] === previous?.visits[chain];
  return {
    ...system.cgroup(service),
    instances: system.instances(service).map((instance) => ({ ...instance })),
    visits,
    failedVisits: byChain((chain) => system.failedVisitsAt(service, chain)),
    selfLatency: byChain((chain) =>
      copied(system.selfHistogram(service, chain), same(chain), previous?.selfLatency[chain]),
    ),
    totalLatency: byChain((chain) =>
      copied(system.totalHistogram(service, chain), same(chain), previous?.totalLatency[chain]),
    ),
  };
}

function chainScrape(system: SimulatedSystem, chain: number, previous: ChainScrape | undefined): ChainScrape {
  const requests = system.requestsOf(chain);
  return {
    requests,
    failedRequests: system.failedRequestsOf(chain),
    latency: copied(system.requestHistogram(chain), requests === previous?.requests, previous?.latency),
  };
}

/** A histogram that nothing came into is shared by all scrapes that saw it so. */
function copied(live: Uint32Array, same: boolean, previous: Uint32Array | undefined): Uint32Array {
  return same && previous !== undefined ? previous : live.slice();
}
