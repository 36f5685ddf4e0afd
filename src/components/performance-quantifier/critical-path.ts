import type { ChainSpec } from '../../models/data-models.ts';

/**
 * Σ over the stages of the slowest branch's Σ visits · seconds, s; without a chain the sum of all services.
 * Undefined when a service on the way has no latency.
 */
export function criticalPath(
  chain: ChainSpec | undefined,
  serviceSeconds: ReadonlyMap<string, number>,
): number | undefined {
  const total = chain === undefined ? sumOf(serviceSeconds.values()) : sumOfStages(chain, serviceSeconds);
  return total > 0 && Number.isFinite(total) ? total : undefined;
}

function sumOfStages(chain: ChainSpec, serviceSeconds: ReadonlyMap<string, number>): number {
  return sumOf(
    chain.stages.map((stage) =>
      Math.max(
        ...stage.map((branch) =>
          sumOf(branch.map(({ service, visits }) => visits * (serviceSeconds.get(service) ?? Number.NaN))),
        ),
      ),
    ),
  );
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
