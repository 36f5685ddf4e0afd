import type { ChainSpec, ServiceSpec, Topology } from '../../models/data-models.ts';

/** What stands for an SLO that is given as a number of seconds (DESIGN section 5). */
const PLAIN_SLO = { percentile: 0.95, objective: 0.95, priority: 1 };

export type ServicesAsked =
  | Iterable<string>
  | ReadonlyMap<string, ServiceSpec>
  | Readonly<Record<string, ServiceSpec>>;

/**
 * The topology of a library call: the services asked for, the chains of `slos`, and with their configured SLO the
 * known chains that load nothing but these services. A chain that `known` does not have is a line through the services
 * that list it, in their order. Throws a TypeError for an unknown service, a chain that
 * no service lists and a latency that is not positive.
 */
export function topologyOf(
  asked: ServicesAsked,
  slos: Readonly<Record<string, number>>,
  known: Topology,
): Topology {
  const services = servicesOf(asked, known);
  const chains = new Map<string, ChainSpec>();
  for (const [id, latencySeconds] of Object.entries(slos)) {
    if (!(latencySeconds > 0 && Number.isFinite(latencySeconds))) {
      throw new TypeError(
        `slo of chain ${id}: found ${latencySeconds}, allowed: a positive number of seconds`,
      );
    }
    const chain = known.chains.get(id);
    const stages = chain?.stages ?? lineThrough(id, services);
    if (stages.length === 0) throw new TypeError(`chain ${id} is listed by none of the services`);
    chains.set(id, { id, stages, slo: { ...(chain?.slo ?? PLAIN_SLO), latencySeconds } });
  }
  for (const chain of known.chains.values()) {
    const isInside = chain.stages.flat(2).every((visit) => services.has(visit.service));
    if (isInside && !chains.has(chain.id)) chains.set(chain.id, chain);
  }
  for (const visit of [...chains.values()].flatMap((chain) => chain.stages.flat(2))) {
    if (!services.has(visit.service)) services.set(visit.service, knownService(visit.service, known));
  }
  return { services, chains };
}

function servicesOf(asked: ServicesAsked, known: Topology): Map<string, ServiceSpec> {
  if (asked instanceof Map) return new Map(asked);
  if (!isIterable(asked)) return new Map(Object.entries(asked));
  return new Map(Array.from(asked, (entry) => [entry, knownService(entry, known)]));
}

function isIterable(asked: ServicesAsked): asked is Iterable<string> {
  return Symbol.iterator in asked;
}

function knownService(id: string, known: Topology): ServiceSpec {
  const spec = known.services.get(id);
  if (spec === undefined) throw new TypeError(`service ${id} is not in the topology`);
  return spec;
}

function lineThrough(chain: string, services: ReadonlyMap<string, ServiceSpec>): ChainSpec['stages'] {
  return [...services.values()]
    .filter((service) => service.chains.includes(chain))
    .map((service) => [[{ service: service.id, visits: 1 }]]);
}
