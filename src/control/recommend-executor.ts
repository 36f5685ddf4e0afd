import type { Executor } from '../models/ports.ts';

const NO_CLUSTER = 'no cluster is connected: changes are recommended, not made';

/** Changes nothing and knows of nothing that runs. Where there is no cluster. */
export const recommendExecutor: Executor = {
  idleBecause: NO_CLUSTER,
  start: () => undefined,
  stop: async () => undefined,
  readTargets: async () => new Map(),
  readUsage: async () => [],
  check: async () => ({ kind: 'refused', reason: NO_CLUSTER }),
  carryOut: async () => ({ kind: 'refused', reason: NO_CLUSTER }),
  resume: async () => ({ kind: 'refused', reason: NO_CLUSTER }),
};
