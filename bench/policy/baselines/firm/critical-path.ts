/**
 * The visits that a chain's latency is made of (Qiu et al., "FIRM: An Intelligent Fine-Grained Resource Management
 * Framework for SLO-Oriented Microservices", OSDI 2020, section 3.2, algorithm 1): of the calls of a stage, which run in
 * parallel, the one that ends last; of stages in sequence all.
 */
import type { KnownCall } from '../../policy.ts';

/** Services on the critical path, each once. `totalSeconds`: mean time from a service's call to its answer. */
export function criticalPath(root: KnownCall, totalSeconds: (service: number) => number): number[] {
  const path = new Set<number>();
  walk(root, totalSeconds, path);
  return [...path];
}

function walk(call: KnownCall, totalSeconds: (service: number) => number, path: Set<number>): void {
  path.add(call.service);
  for (const stage of call.stages) {
    const slowest = stage.reduce((a, b) => (totalSeconds(b.service) > totalSeconds(a.service) ? b : a));
    walk(slowest, totalSeconds, path);
  }
}
