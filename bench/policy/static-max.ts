import type { PolicyFactory } from './policy.ts';

/** Leaves everything as large as it is at the start: what it costs to do nothing. */
export const staticMax: PolicyFactory = {
  name: 'static-max',
  space: {},
  create: () => ({ name: 'static-max', intervalSeconds: 3600, step: () => undefined }),
};
