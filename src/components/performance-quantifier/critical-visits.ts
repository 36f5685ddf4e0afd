import type { Branch, ChainSpec } from '../../models/data-models.ts';

/**
 * How often one request of the chain visits each service on its critical path: of the branches of a stage only the slowest
 * is on it. `secondsOf`: latency of one visit, 0 where nothing is known of it.
 */
export function criticalVisits(
  { stages }: ChainSpec,
  secondsOf: (service: string) => number,
): ReadonlyMap<string, number> {
  const counted = new Map<string, number>();
  for (const stage of stages) {
    for (const { service, visits } of slowest(stage, secondsOf))
      counted.set(service, (counted.get(service) ?? 0) + visits);
  }
  return counted;
}

function slowest(stage: readonly Branch[], secondsOf: (service: string) => number): Branch {
  let [best, most] = [stage[0] ?? [], Number.NEGATIVE_INFINITY];
  for (const branch of stage) {
    const seconds = branch.reduce((sum, { service, visits }) => sum + visits * secondsOf(service), 0);
    if (seconds > most) [best, most] = [branch, seconds];
  }
  return best;
}
