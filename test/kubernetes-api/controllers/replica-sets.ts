import { type KubeObject, numberAt, objectAt, objectsAt } from '../json.ts';
import { DEPLOYMENTS, PODS, REPLICA_SETS, ROLLOUTS } from '../resource-types.ts';
import { ApiError } from '../status.ts';
import { withCondition } from './conditions.ts';
import type { Manager } from './manager.ts';
import { controllerOf } from './owners.ts';
import { isPodAvailable, isPodReady, replicasOf } from './pods.ts';

/** Makes and removes pods until there are as many as each replica set wants. */
export function runReplicaSets(manager: Manager): void {
  for (const set of manager.plane.storage.list(REPLICA_SETS)) runReplicaSet(manager, set);
}

function runReplicaSet(manager: Manager, set: KubeObject): void {
  const pods = manager.ownedBy(PODS, set);
  const lacking = replicasOf(set) - pods.length;
  const failure = lacking > 0 ? createPods(manager, set, lacking) : undefined;
  if (lacking < 0) for (const pod of leastUseful(pods).slice(0, -lacking)) manager.remove(PODS, pod);
  report(manager, set, failure);
}

/** The message of the refusal that stopped it, if one did. */
function createPods(manager: Manager, set: KubeObject, count: number): string | undefined {
  const name = { generateName: `${set.metadata.name}-` };
  try {
    for (let made = 0; made < count; made += 1)
      manager.createPod(set, workloadOf(manager, set), name, objectAt(set, 'spec', 'template'), {});
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    manager.tellEvent(
      set,
      'Warning',
      'FailedCreate',
      `Error creating: ${error.message.replace(/pods "[^"]*"/, `pods "${set.metadata.name}-"`)}`,
      'replicaset-controller',
    );
    return error.message;
  }
}

function workloadOf(manager: Manager, set: KubeObject): string {
  const owner = [DEPLOYMENTS, ROLLOUTS]
    .flatMap((of) => manager.plane.storage.list(of, set.metadata.namespace))
    .find(({ metadata }) => metadata.uid === controllerOf(set));
  return owner?.metadata.name ?? set.metadata.name;
}

/** Pods that are not ready go first, then the youngest. */
function leastUseful(pods: readonly KubeObject[]): KubeObject[] {
  return [...pods].sort(
    (a, b) =>
      Number(isPodReady(a)) - Number(isPodReady(b)) ||
      b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp),
  );
}

function report(manager: Manager, set: KubeObject, failure: string | undefined): void {
  const pods = manager.ownedBy(PODS, set);
  const seconds = numberAt(set, 'spec', 'minReadySeconds');
  const now = manager.plane.now();
  const conditions = objectsAt(set, 'status', 'conditions');
  const others = conditions.filter((condition) => condition['type'] !== 'ReplicaFailure');
  const failed = {
    type: 'ReplicaFailure',
    status: 'True',
    reason: 'FailedCreate',
    message: failure ?? '',
  } as const;
  const after =
    failure === undefined
      ? others
      : withCondition(conditions, failed, manager.plane.storage.timestamp(), false);
  manager.change(
    REPLICA_SETS,
    set,
    (copy) => {
      copy['status'] = {
        replicas: pods.length,
        fullyLabeledReplicas: pods.length,
        readyReplicas: pods.filter(isPodReady).length,
        availableReplicas: pods.filter((pod) => isPodAvailable(pod, seconds, now)).length,
        observedGeneration: copy.metadata.generation ?? 0,
        ...(after.length === 0 ? {} : { conditions: after }),
      };
    },
    'status',
  );
}
