import { vi } from 'vitest';

/** Far longer than it takes: on a busy machine anything may be late by seconds, ms. */
const PATIENCE_MS = 15_000;

/** Tries until the assertions of `check` hold, and answers what it answers. */
export function eventually<Value>(check: () => Value | Promise<Value>): Promise<Value> {
  return vi.waitFor(check, { timeout: PATIENCE_MS, interval: 20 });
}
