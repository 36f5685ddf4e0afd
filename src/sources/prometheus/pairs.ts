import type { Topology } from '../../models/data-models.ts';
import type { FedService, PrometheusSettings } from '../../models/prometheus-settings.ts';
import type { Labels } from './range-answer.ts';

/** One series of ours: a chain at a service, or a chain end to end. */
export interface Pair {
  /** Undefined: end to end. */
  readonly service: string | undefined;
  readonly chain: string;
}

/** Finds out which of our series one of Prometheus's belongs to. */
export class PairFinder {
  readonly atServices: readonly Pair[];
  readonly endToEnd: readonly Pair[];
  readonly #settings: PrometheusSettings;
  readonly #ofService: ReadonlyMap<string, readonly Pair[]>;
  /** By the values of both labels: there are as many as there are names, and they come again with every answer. */
  readonly #known = new Map<string, Pair | undefined>();

  constructor(settings: PrometheusSettings, topology: Topology) {
    this.#settings = settings;
    this.#ofService = new Map(
      [...settings.services.keys()].map((service) => [
        service,
        (topology.services.get(service)?.chains ?? []).map((chain) => ({ service, chain })),
      ]),
    );
    this.atServices = [...this.#ofService.values()].flat();
    const isAsked = settings.queries.endToEnd !== undefined;
    this.endToEnd = isAsked
      ? [...topology.chains.keys()].map((chain) => ({ service: undefined, chain }))
      : [];
  }

  /** Undefined for what is none of ours. */
  atService(labels: Labels): Pair | undefined {
    const { service, chain } = this.#settings.labels;
    const name = labels[service] ?? '';
    const path = chain === undefined ? '' : (labels[chain] ?? '');
    return this.#remembered(`s${name}\n${path}`, () => this.#findAtService(name, path));
  }

  ofChain(labels: Labels): Pair | undefined {
    const { chain } = this.#settings.labels;
    const path = chain === undefined ? '' : (labels[chain] ?? '');
    return this.#remembered(`c${path}`, () => this.endToEnd.find((pair) => this.#isChain(pair.chain, path)));
  }

  #findAtService(name: string, path: string): Pair | undefined {
    const service = findService(this.#settings.services, name, ({ match }) => match.test(name));
    const fed = this.#settings.services.get(service ?? '');
    if (service === undefined || fed === undefined) return undefined;
    const pairs = this.#ofService.get(service) ?? [];
    const named = pairs.find(({ chain }) => fed.chains.get(chain)?.test(path) ?? this.#isChain(chain, path));
    if (named !== undefined) return named;
    // Whatever a service with one chain does is done for it, unless the file says what belongs to the chain there.
    const [only] = pairs;
    return pairs.length === 1 && only !== undefined && !fed.chains.has(only.chain) ? only : undefined;
  }

  #isChain(chain: string, path: string): boolean {
    return this.#settings.chains.get(chain)?.test(path) ?? path === chain;
  }

  #remembered(key: string, find: () => Pair | undefined): Pair | undefined {
    if (!this.#known.has(key)) this.#known.set(key, find());
    return this.#known.get(key);
  }
}

/** The service that a name stands for: most have their own. */
export function findService(
  services: ReadonlyMap<string, FedService>,
  name: string,
  is: (fed: FedService) => boolean,
): string | undefined {
  const own = services.get(name);
  if (own !== undefined && is(own)) return name;
  for (const [service, fed] of services) if (is(fed)) return service;
  return undefined;
}
