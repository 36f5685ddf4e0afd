interface ListingService {
  readonly chains?: readonly string[];
}

/** Names of the services that list each chain, in the order of the entries. */
export function servicesByChain(
  services: Iterable<readonly [string, ListingService | undefined]>,
): Map<string, string[]> {
  const result = new Map<string, string[]>();
  for (const [name, service] of services) {
    for (const chain of new Set(service?.chains ?? [])) {
      const names = result.get(chain);
      if (names === undefined) result.set(chain, [name]);
      else names.push(name);
    }
  }
  return result;
}
