import type { Access } from './access.ts';
import type { Usage } from './metrics.ts';
import type { ResourceType } from './resource-types.ts';
import { Storage } from './storage.ts';

/** What every part of the server works on. */
export interface ControlPlane {
  readonly storage: Storage;
  readonly access: Access;
  /** What the containers use, by `usageKey`. */
  readonly usages: Map<string, Usage>;
  /** The server's time: the machine's, moved on by `advance`. */
  now(): Date;
  /** The types that are served at the moment. */
  types(): readonly ResourceType[];
}

/** A clock that tests can move on. */
export class ServerClock {
  #aheadMs = 0;

  now(): Date {
    return new Date(Date.now() + this.#aheadMs);
  }

  advance(ms: number): void {
    this.#aheadMs += ms;
  }
}

export function makeControlPlane(
  clock: ServerClock,
  access: Access,
  types: () => readonly ResourceType[],
): ControlPlane {
  const now = (): Date => clock.now();
  return { storage: new Storage(now), access, usages: new Map(), now, types };
}
