import {
  clone,
  ensureObject,
  type JsonObject,
  type KubeObject,
  numberAt,
  objectAt,
  stringAt,
} from '../json.ts';
import { DEPLOYMENTS, REPLICA_SETS, ROLLOUTS } from '../resource-types.ts';
import { selectorText } from '../selectors.ts';
import { secondsOf } from '../storage.ts';
import { conditionOf, withCondition } from './conditions.ts';
import { type Manager, ownerReference, templateHash } from './manager.ts';
import { replicasOf } from './pods.ts';
import { availableOf, sumOf } from './rolling.ts';

const HASH = 'rollouts-pod-template-hash';

/**
 * Argo Rollouts in small: a canary without steps, so the new replica set comes up in full and the old ones go when it is available. The
 * status has the fields that clients look at; `observedGeneration` is a string there.
 */
export function runRollouts(manager: Manager): void {
  for (const rollout of manager.plane.storage.list(ROLLOUTS)) runRollout(manager, rollout);
}

function runRollout(manager: Manager, rollout: KubeObject): void {
  const template = templateOf(manager, rollout);
  if (template === undefined) return;
  const hash = templateHash(template);
  const sets = manager.ownedBy(REPLICA_SETS, rollout);
  const current = sets.find((set) => hashOf(set) === hash) ?? createSet(manager, rollout, template, hash);
  const old = sets.filter((set) => set !== current);
  resize(manager, current, replicasOf(rollout));
  if (availableOf(current) >= replicasOf(rollout)) for (const set of old) resize(manager, set, 0);
  report(manager, rollout, hash);
}

/** The rollout's own template, or that of the deployment which `workloadRef` names. */
function templateOf(manager: Manager, rollout: KubeObject): JsonObject | undefined {
  const reference = objectAt(rollout, 'spec', 'workloadRef');
  if (stringAt(reference, 'kind') !== 'Deployment') return objectAt(rollout, 'spec', 'template');
  const referred = manager.plane.storage.get(
    DEPLOYMENTS,
    rollout.metadata.namespace ?? '',
    stringAt(reference, 'name'),
  );
  return referred === undefined ? undefined : objectAt(referred, 'spec', 'template');
}

function createSet(manager: Manager, rollout: KubeObject, template: JsonObject, hash: string): KubeObject {
  const labelled = clone(template);
  ensureObject(labelled, 'metadata', 'labels')[HASH] = hash;
  const selector = clone(objectAt(rollout, 'spec', 'selector'));
  ensureObject(selector, 'matchLabels')[HASH] = hash;
  return manager.create(REPLICA_SETS, rollout.metadata.namespace ?? '', {
    metadata: {
      name: `${rollout.metadata.name}-${hash}`,
      labels: objectAt(labelled, 'metadata', 'labels'),
      ownerReferences: [ownerReference(rollout)],
    },
    spec: { replicas: replicasOf(rollout), selector, template: labelled },
  });
}

function resize(manager: Manager, set: KubeObject, replicas: number): void {
  manager.change(REPLICA_SETS, set, (copy) => {
    ensureObject(copy, 'spec')['replicas'] = replicas;
  });
}

function report(manager: Manager, rollout: KubeObject, hash: string): void {
  const sets = manager.ownedBy(REPLICA_SETS, rollout);
  const current = sets.filter((set) => hashOf(set) === hash);
  const total = (name: string, of = sets): number => sumOf(of, (set) => numberAt(set, 'status', name));
  const wanted = replicasOf(rollout);
  const healthy = total('availableReplicas', current) >= wanted && total('replicas') === wanted;
  manager.change(
    ROLLOUTS,
    rollout,
    (copy) => {
      const stable = healthy ? hash : stringAt(copy, 'status', 'stableRS');
      const progress = progressOf(copy, healthy, hash, manager.plane.now());
      copy['status'] = {
        observedGeneration: String(copy.metadata.generation ?? 0),
        selector: selectorText(objectAt(copy, 'spec', 'selector')),
        HPAReplicas: total('replicas'),
        replicas: total('replicas'),
        updatedReplicas: total('replicas', current),
        readyReplicas: total('readyReplicas'),
        availableReplicas: total('availableReplicas'),
        currentPodHash: hash,
        stableRS: stable,
        ...progress,
      };
    },
    'status',
  );
}

/** Phase and condition: healthy, progressing, or degraded after `progressDeadlineSeconds` (600). */
function progressOf(rollout: KubeObject, healthy: boolean, hash: string, now: Date): JsonObject {
  const name = `${rollout.metadata.name}-${hash}`;
  const conditions = (status: 'True' | 'False', reason: string, message: string): JsonObject[] => {
    const old = objectAt(rollout, 'status')['conditions'];
    const all = Array.isArray(old) ? old.filter((one) => typeof one === 'object') : [];
    const before = conditionOf(rollout, 'Progressing');
    if (before?.['reason'] === reason && before['message'] === message) return all as JsonObject[];
    return withCondition(
      all as JsonObject[],
      { type: 'Progressing', status, reason, message },
      secondsOf(now),
      true,
    );
  };
  if (healthy)
    return {
      phase: 'Healthy',
      conditions: conditions(
        'True',
        'NewReplicaSetAvailable',
        `ReplicaSet "${name}" has successfully progressed.`,
      ),
    };
  const late = `ReplicaSet "${name}" has timed out progressing.`;
  if (isLate(rollout, name, now))
    return {
      phase: 'Degraded',
      message: `ProgressDeadlineExceeded: ${late}`,
      conditions: conditions('False', 'ProgressDeadlineExceeded', late),
    };
  const progress = `ReplicaSet "${name}" is progressing.`;
  return {
    phase: 'Progressing',
    message: 'more replicas need to be updated',
    conditions: conditions('True', 'ReplicaSetUpdated', progress),
  };
}

function isLate(rollout: KubeObject, name: string, now: Date): boolean {
  const condition = conditionOf(rollout, 'Progressing');
  if (condition === undefined || !stringAt(condition, 'message').includes(name)) return false;
  if (condition['reason'] === 'ProgressDeadlineExceeded') return true;
  const seconds = numberAt(rollout, 'spec', 'progressDeadlineSeconds') || 600;
  return now.getTime() - Date.parse(stringAt(condition, 'lastUpdateTime')) >= seconds * 1000;
}

const hashOf = (set: KubeObject): string => stringAt(set, 'metadata', 'labels', HASH);
