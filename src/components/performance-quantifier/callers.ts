import type { ChainSpec } from '../../models/data-models.ts';

/**
 * The services that call `service` in the chain, if each stage is called by the one before: the visit before it in its
 * branch, else the last ones of the stage before. Empty for the first services.
 */
export function callersIn({ stages }: ChainSpec, service: string): readonly string[] {
  for (const [i, stage] of stages.entries()) {
    for (const branch of stage) {
      const at = branch.findIndex((visit) => visit.service === service);
      if (at < 0) continue;
      const before = at > 0 ? [branch[at - 1]!] : (stages[i - 1] ?? []).flatMap((other) => other.slice(-1));
      return [...new Set(before.map((visit) => visit.service))].filter((caller) => caller !== service);
    }
  }
  return [];
}

/** Services in the order of calls: none before its callers, as far as the chains agree. */
export function inOrderOfCalls(services: Iterable<string>, chains: Iterable<ChainSpec>): string[] {
  const depths = new Map<string, number>();
  for (const { stages } of chains) {
    let depth = 0;
    for (const stage of stages) {
      for (const branch of stage) {
        for (const [at, { service }] of branch.entries())
          depths.set(service, Math.max(depths.get(service) ?? 0, depth + at));
      }
      depth += Math.max(1, ...stage.map((branch) => branch.length));
    }
  }
  return [...services].sort((a, b) => (depths.get(a) ?? 0) - (depths.get(b) ?? 0));
}
