import { usedOf } from '../admission.ts';
import { objectAt } from '../json.ts';
import {
  CONTROLLER_REVISIONS,
  DEPLOYMENTS,
  PODS,
  REPLICA_SETS,
  RESOURCE_QUOTAS,
  ROLLOUTS,
  STATEFUL_SETS,
} from '../resource-types.ts';
import type { Manager } from './manager.ts';
import { controllerOf } from './owners.ts';

/** Removes what a workload made, once the workload is gone. */
export function collectGarbage(manager: Manager): void {
  const { storage } = manager.plane;
  const owners = [DEPLOYMENTS, STATEFUL_SETS, REPLICA_SETS, ROLLOUTS].flatMap((of) => storage.list(of));
  const alive = new Set(owners.map(({ metadata }) => metadata.uid));
  for (const of of [REPLICA_SETS, CONTROLLER_REVISIONS, PODS])
    for (const object of storage.list(of)) {
      const owner = controllerOf(object);
      if (owner !== '' && !alive.has(owner)) manager.remove(of, object);
    }
}

/** Writes into every quota what is used of it. */
export function countQuotas(manager: Manager): void {
  for (const quota of manager.plane.storage.list(RESOURCE_QUOTAS))
    manager.change(
      RESOURCE_QUOTAS,
      quota,
      (copy) => {
        copy['status'] = { hard: objectAt(copy, 'spec', 'hard'), used: usedOf(manager.plane, copy) };
      },
      'status',
    );
}
