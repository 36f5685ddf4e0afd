import type { Access } from './access.ts';
import type { Usage } from './metrics.ts';
import { ALL_TYPES, OLD_ROLLOUTS, type ResourceType, ROLLOUTS } from './resource-types.ts';
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
  /** Whether a subresource of a served type is served too: `pods/resize` is not before Kubernetes 1.33. */
  serves(of: ResourceType, subresource: string): boolean;
  /** Of its version: 1.34 lowers memory limits in place, and says of which generation a condition of a pod is. */
  readonly minor: 33 | 34;
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

/** Which parts of the API are installed. */
export interface Installed {
  /** API groups (`keda.sh`) and subresources (`pods/resize`) that are missing. */
  readonly missing: ReadonlySet<string>;
  /** Argo's CRD as it was before 1.8.3. */
  readonly oldRollouts: boolean;
  readonly minor: 33 | 34;
}

export function makeControlPlane(clock: ServerClock, access: Access, installed: Installed): ControlPlane {
  const now = (): Date => clock.now();
  const all = ALL_TYPES.map((type) => (type === ROLLOUTS && installed.oldRollouts ? OLD_ROLLOUTS : type));
  return {
    storage: new Storage(now),
    access,
    usages: new Map(),
    minor: installed.minor,
    now,
    types: () => all.filter(({ group }) => !installed.missing.has(group)),
    serves: ({ plural }, subresource) => !installed.missing.has(`${plural}/${subresource}`),
  };
}
