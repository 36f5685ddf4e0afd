import { DEPLOYMENTS, PODS, REPLICA_SETS, STATEFUL_SETS } from '../resource-types.ts';
import type { Manager } from './manager.ts';
import { controllerOf } from './owners.ts';

/** Removes replica sets and pods whose owner is gone. */
export function collectGarbage(manager: Manager): void {
  const { storage } = manager.plane;
  const alive = new Set(
    [DEPLOYMENTS, STATEFUL_SETS, REPLICA_SETS]
      .flatMap((of) => storage.list(of))
      .map(({ metadata }) => metadata.uid),
  );
  for (const of of [REPLICA_SETS, PODS])
    for (const object of storage.list(of)) {
      const owner = controllerOf(object);
      if (owner !== '' && !alive.has(owner)) manager.remove(of, object);
    }
}
