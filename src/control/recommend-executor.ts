import type { Executor } from '../models/ports.ts';

/** Changes nothing: every service is only recommended what was decided. The default, also inside a cluster. */
export const recommendExecutor: Executor = {
  readCapacities: async () => new Map(),
  apply: async (decision) => decision.services.map(({ id }) => ({ kind: 'recommended', service: id })),
};
