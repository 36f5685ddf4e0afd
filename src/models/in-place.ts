import { type ChainSpec, type ServiceSpec, type Topology, visitsByService } from './data-models.ts';

/** What is steered as one: services that are resized in place, and chains that pass through no other ones. */
export interface InPlaceParts {
  readonly services: ReadonlySet<string>;
  readonly chains: ReadonlySet<string>;
}

const known = new WeakMap<Topology, InPlaceParts>();

/**
 * Chains all of whose services are in mode `in-place`, and services all of whose chains are such. A service that it shares
 * with a chain through a rolling one is left out, and so is what it shares with others in turn.
 */
export function inPlaceParts(topology: Topology): InPlaceParts {
  let parts = known.get(topology);
  if (parts === undefined) {
    parts = findParts(topology);
    known.set(topology, parts);
  }
  return parts;
}

function findParts({ services, chains }: Topology): InPlaceParts {
  const kept = new Set([...services.values()].filter(({ mode }) => mode === 'in-place').map(({ id }) => id));
  const isKept = (chain: ChainSpec) =>
    [...visitsByService(chain).keys()].every((service) => kept.has(service));
  const keptChains = () => new Set([...chains.values()].filter(isKept).map(({ id }) => id));
  for (let found = keptChains(); ; found = keptChains()) {
    const lost = [...kept].filter((id) => isLost(services.get(id)!, found, chains));
    if (lost.length === 0) return { services: kept, chains: found };
    for (const id of lost) kept.delete(id);
  }
}

function isLost(service: ServiceSpec, found: ReadonlySet<string>, chains: Topology['chains']): boolean {
  return service.chains.some((id) => chains.has(id) && !found.has(id));
}
