import type { Branch, ChainSpec, Stage } from '../../models/data-models.ts';

/** Latency of one visit to a service at a percentile, s; undefined when nothing is known of it. */
export type LatencyOf = (service: string, percentile: number) => number | undefined;

/**
 * End-to-end latency of a chain from the latencies of its services: stages in sequence add, of branches in parallel
 * the slowest counts, visits multiply (DESIGN section 3, "End to end"). Of m parallel branches each is taken at
 * percentile 1 − (1 − p)/m, so that by the union bound all of them together stay below with probability p.
 *
 * Answers s, or undefined when one of the services is not known.
 */
export function composedLatency(
  chain: ChainSpec,
  percentile: number,
  latencyOf: LatencyOf,
): number | undefined {
  let total = 0;
  for (const stage of chain.stages) {
    const seconds = stageLatency(stage, percentile, latencyOf);
    if (seconds === undefined) return undefined;
    total += seconds;
  }
  return total;
}

/**
 * Share of requests over `latencySeconds` by the same composition: 1 − p for the p at which the composed latency
 * equals the bound. Exact when slow services are slow together, too high when they are independent.
 */
export function composedViolationRatio(
  chain: ChainSpec,
  latencySeconds: number,
  latencyOf: LatencyOf,
): number | undefined {
  const exceeds = (percentile: number) => {
    const seconds = composedLatency(chain, percentile, latencyOf);
    return seconds === undefined ? undefined : seconds > latencySeconds;
  };
  const worst = exceeds(1);
  if (worst === undefined) return undefined;
  if (!worst) return 0;
  let [below, above] = [0, 1];
  for (let step = 0; step < 20; step += 1) {
    const middle = (below + above) / 2;
    if (exceeds(middle) === true) above = middle;
    else below = middle;
  }
  return 1 - below;
}

function stageLatency(stage: Stage, percentile: number, latencyOf: LatencyOf): number | undefined {
  const each = 1 - (1 - percentile) / stage.length;
  let slowest = 0;
  for (const branch of stage) {
    const seconds = branchLatency(branch, each, latencyOf);
    if (seconds === undefined) return undefined;
    slowest = Math.max(slowest, seconds);
  }
  return slowest;
}

function branchLatency(branch: Branch, percentile: number, latencyOf: LatencyOf): number | undefined {
  let total = 0;
  for (const { service, visits } of branch) {
    const seconds = latencyOf(service, percentile);
    if (seconds === undefined) return undefined;
    total += visits * seconds;
  }
  return total;
}
